import { type FieldError, invalid } from '@kubus/shared/errors';
import { isTrue } from '../http/request-info.ts';

/** core/v1 PodLogOptions, as the agent is given them. Absent: not limited. */
export interface LogOptions {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  sinceSeconds?: number;
  /** RFC 3339. */
  sinceTime?: string;
  tailLines?: number;
  limitBytes?: number;
}

/** Reads the options of a log request; throws Invalid with every cause (pkg/apis/core/validation ValidatePodLogOptions). */
export function logOptions(pod: string, query: URLSearchParams): LogOptions {
  const errors: FieldError[] = [];
  const tailLines = integer(query, 'tailLines', 0, 'must be greater than or equal to 0', errors);
  const limitBytes = integer(query, 'limitBytes', 1, 'must be greater than 0', errors);
  const sinceSeconds = integer(query, 'sinceSeconds', 1, 'must be greater than 0', errors);
  const sinceTime = time(query, errors);
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    errors.push({
      type: 'FieldValueForbidden',
      field: '',
      detail: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    });
  }
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions', name: pod }, errors);
  return {
    follow: isTrue(query, 'follow'),
    previous: isTrue(query, 'previous'),
    timestamps: isTrue(query, 'timestamps'),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(sinceTime === undefined ? {} : { sinceTime }),
  };
}

function integer(
  query: URLSearchParams,
  field: string,
  least: number,
  rule: string,
  errors: FieldError[],
): number | undefined {
  const text = query.get(field);
  if (text === null || text === '') return undefined;
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  const shown = Number.isNaN(value) ? JSON.stringify(text) : text;
  errors.push({ type: 'FieldValueInvalid', field, detail: `Invalid value: ${shown}: ${rule}` });
  return undefined;
}

function time(query: URLSearchParams, errors: FieldError[]): string | undefined {
  const text = query.get('sinceTime');
  if (text === null || text === '') return undefined;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  const detail = `Invalid value: ${JSON.stringify(text)}: must be an RFC 3339 time`;
  errors.push({ type: 'FieldValueInvalid', field: 'sinceTime', detail });
  return undefined;
}
