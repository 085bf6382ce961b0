/** The name in a proxy request: `name`, `name:port` or `scheme:name:port`. */
export interface ProxiedName {
  scheme: 'http' | 'https';
  name: string;
  /** A number, or a port's name; '' for none. */
  port: string;
}

const schemes: ReadonlyMap<string, ProxiedName['scheme']> = new Map([
  ['', 'http'],
  ['http', 'http'],
  ['https', 'https'],
]);

/** Undefined for what is no such name (apimachinery/pkg/util/net SplitSchemeNamePort). */
export function parseProxiedName(text: string): ProxiedName | undefined {
  const parts = text.split(':');
  if (parts.length > 3) return undefined;
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  const known = schemes.get(scheme);
  if (known === undefined || name === '' || !isPort(port)) return undefined;
  return { scheme: known, name, port };
}

function isPort(text: string): boolean {
  if (text === '') return true;
  if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= 65_535;
  return text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}
