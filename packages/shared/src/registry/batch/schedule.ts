/**
 * What a cron schedule may look like: five fields or a descriptor, read as robfig/cron's standard parser reads them. Gives the reason for which it is
 * refused, in that parser's words; undefined when it is fine.
 */
export function scheduleError(schedule: string): string | undefined {
  if (schedule === '') return 'empty spec string';
  let spec = schedule;
  if (/^(CRON_)?TZ=/.test(spec)) {
    const space = spec.indexOf(' ');
    if (space < 0) return `provided bad location ${spec.slice(spec.indexOf('=') + 1)}: unknown time zone`;
    spec = spec.slice(space).trim();
  }
  if (spec.startsWith('@')) return descriptorError(spec);
  const fields = spec.split(/\s+/).filter((part) => part !== '');
  if (fields.length !== parts.length) {
    return `expected exactly ${parts.length} fields, found ${fields.length}: [${fields.join(' ')}]`;
  }
  for (const [i, text] of fields.entries()) {
    const error = fieldError(text, parts[i] as Part);
    if (error !== undefined) return error;
  }
  return undefined;
}

interface Part {
  min: number;
  max: number;
  names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Minute, hour, day of the month, month, day of the week. */
const parts: readonly Part[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
];

const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
const every = '@every ';
const durationPattern = /^[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$/;

function descriptorError(text: string): string | undefined {
  if (descriptors.includes(text)) return undefined;
  if (!text.startsWith(every)) return `unrecognized descriptor: ${text}`;
  const duration = text.slice(every.length);
  if (duration.length < 64 && durationPattern.test(duration)) return undefined;
  return `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`;
}

function fieldError(text: string, part: Part): string | undefined {
  for (const range of text.split(',').filter((item) => item !== '')) {
    const error = rangeError(range, part);
    if (error !== undefined) return error;
  }
  return undefined;
}

function rangeError(text: string, part: Part): string | undefined {
  const [range = '', step, ...more] = text.split('/');
  const [low = '', high, ...rest] = range.split('-');
  const star = low === '*' || low === '?';
  if (!star && rest.length > 0) return `too many hyphens: ${text}`;
  const start = star ? part.min : numberOf(low, part);
  if (typeof start === 'string') return start;
  const written = star ? part.max : high === undefined ? start : numberOf(high, part);
  if (typeof written === 'string') return written;
  if (more.length > 0) return `too many slashes: ${text}`;
  const every = step === undefined ? 1 : integer(step);
  if (typeof every === 'string') return every;
  const end = step !== undefined && high === undefined && !star ? part.max : written;
  if (start < part.min) return `beginning of range (${start}) below minimum (${part.min}): ${text}`;
  if (end > part.max) return `end of range (${end}) above maximum (${part.max}): ${text}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`;
  return every === 0 ? `step of range should be a positive number: ${text}` : undefined;
}

/** The number, or why there is none. */
function numberOf(text: string, { names, min }: Part): number | string {
  const index = names?.indexOf(text.toLowerCase()) ?? -1;
  return index >= 0 ? index + (min === 1 ? 1 : 0) : integer(text);
}

function integer(text: string): number | string {
  if (!/^[-+]?\d{1,18}$/.test(text)) {
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  }
  const value = Number(text);
  return value < 0 ? `negative number (${value}) not allowed: ${text}` : value;
}

/** Why a name is none of the time zone database's; undefined when it is one. 'UTC' is, what the machine calls its own is not. */
export function timeZoneError(zone: string): string | undefined {
  if (zone === '') return 'timeZone must be nil or non-empty string';
  if (zone.toLowerCase() === 'local') {
    return 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
  }
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(zone)) return `unknown time zone ${zone}`;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return undefined;
  } catch {
    return `unknown time zone ${zone}`;
  }
}
