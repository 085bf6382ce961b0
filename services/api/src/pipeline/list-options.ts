import { type FieldError, StatusError } from '@kubus/shared/errors';
import { field } from '@kubus/shared/registry';
import type { Freshness } from '../watchcache/index.ts';
import { booleanParameter, parameter, type Query, refuse } from './options.ts';

type Match = '' | 'Exact' | 'NotOlderThan';

/** meta.k8s.io/v1 ListOptions, but for the selectors. */
export interface ListOptions {
  /** 0: no limit. */
  limit: number;
  continue: string;
  /** As given: '', '0' or a revision. */
  resourceVersion: string;
  match: Match;
}

export interface WatchOptions {
  resourceVersion: string;
  sendInitialEvents: boolean | undefined;
  bookmarks: boolean;
}

/** Throws Invalid or BadRequest. */
export function listOptions(query: Query): ListOptions {
  const resourceVersion = parameter(query, 'resourceVersion') ?? '';
  const match = parameter(query, 'resourceVersionMatch') ?? '';
  const token = parameter(query, 'continue') ?? '';
  refuse('ListOptions', [...matchErrors(match, resourceVersion, token), ...initialEventsErrors(query)]);
  if (token !== '' && resourceVersion !== '' && resourceVersion !== '0') {
    throw new StatusError('BadRequest', 'specifying resource version is not allowed when using continue');
  }
  checkRevision(resourceVersion);
  // How long a list may take is the server's own affair; a number it has to be.
  parseInteger(parameter(query, 'timeoutSeconds'));
  return {
    limit: Math.max(0, parseInteger(parameter(query, 'limit'))),
    continue: token,
    resourceVersion,
    match: match as Match,
  };
}

/** Throws Invalid or BadRequest. */
export function watchOptions(query: Query): WatchOptions {
  const resourceVersion = parameter(query, 'resourceVersion') ?? '';
  const match = parameter(query, 'resourceVersionMatch') ?? '';
  const sendInitialEvents = booleanParameter(query, 'sendInitialEvents');
  refuse('ListOptions', watchErrors(match, sendInitialEvents, parameter(query, 'continue') ?? ''));
  checkRevision(resourceVersion);
  return {
    resourceVersion,
    sendInitialEvents,
    bookmarks: booleanParameter(query, 'allowWatchBookmarks') ?? false,
  };
}

/** How fresh a read must be that names this resourceVersion (kubernetes.io: API concepts, "Semantics for get and list"). */
export function freshnessOf(resourceVersion: string): Freshness {
  return resourceVersion === '' ? 'latest' : resourceVersion === '0' ? 'any' : Number(resourceVersion);
}

export function checkRevision(text: string): void {
  if (text === '' || (/^\d{1,20}$/.test(text) && Number.isSafeInteger(Number(text)))) return;
  const why = `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new StatusError('BadRequest', `resourceVersion: Invalid value: ${JSON.stringify(text)}: ${why}`);
}

/** 0 where nothing is said. */
function parseInteger(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new StatusError('BadRequest', `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return value;
}

function matchErrors(match: string, resourceVersion: string, token: string): FieldError[] {
  if (match === '') return [];
  const path = 'resourceVersionMatch';
  const errors: FieldError[] = [];
  if (resourceVersion === '') {
    errors.push(field.forbidden(path, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  }
  if (token !== '') errors.push(field.forbidden(path, 'resourceVersionMatch is forbidden when continue is provided'));
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    errors.push(field.notSupported(path, match, ['Exact', 'NotOlderThan', '']));
  }
  if (match === 'Exact' && resourceVersion === '0') {
    errors.push(field.forbidden(path, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return errors;
}

function initialEventsErrors(query: Query): FieldError[] {
  if (parameter(query, 'sendInitialEvents') === undefined) return [];
  return [field.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')];
}

function watchErrors(match: string, sendInitialEvents: boolean | undefined, token: string): FieldError[] {
  const path = 'resourceVersionMatch';
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(field.forbidden(path, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  }
  if (match === '') return errors;
  if (sendInitialEvents === undefined) {
    errors.push(
      field.forbidden(path, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    );
  }
  if (match !== 'NotOlderThan') errors.push(field.notSupported(path, match, ['NotOlderThan']));
  if (token !== '') errors.push(field.forbidden(path, 'resourceVersionMatch is forbidden when continue is provided'));
  return errors;
}
