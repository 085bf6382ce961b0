import type { FieldError } from '../errors/index.ts';

/**
 * Field errors in Kubernetes' words (apimachinery/pkg/util/validation/field). A path is text: 'spec.containers[0].name'; '' is the object itself.
 */
export const field = {
  child: (path: string, name: string): string => (path === '' ? name : `${path}.${name}`),
  index: (path: string, index: number): string => `${path}[${index}]`,
  key: (path: string, key: string): string => `${path}[${key}]`,

  required: (path: string, why = ''): FieldError => error('FieldValueRequired', path, 'Required value', why),
  invalid: (path: string, value: unknown, why: string): FieldError =>
    error('FieldValueInvalid', path, `Invalid value: ${show(value)}`, why),
  /** For values that are too large to be shown. */
  invalidUnshown: (path: string, why: string): FieldError => error('FieldValueInvalid', path, 'Invalid value', why),
  typeInvalid: (path: string, value: unknown, why: string): FieldError =>
    error('FieldValueTypeInvalid', path, `Invalid value: ${show(value)}`, why),
  duplicate: (path: string, value: unknown): FieldError =>
    error('FieldValueDuplicate', path, `Duplicate value: ${show(value)}`, ''),
  notFound: (path: string, value: unknown): FieldError =>
    error('FieldValueNotFound', path, `Not found: ${show(value)}`, ''),
  forbidden: (path: string, why: string): FieldError => error('FieldValueForbidden', path, 'Forbidden', why),
  notSupported: (path: string, value: unknown, supported: readonly string[]): FieldError =>
    error(
      'FieldValueNotSupported',
      path,
      `Unsupported value: ${show(value)}`,
      `supported values: ${supported.map((text) => JSON.stringify(text)).join(', ')}`,
    ),
  tooLong: (path: string, limit: number): FieldError =>
    error('FieldValueTooLong', path, 'Too long', `may not be more than ${limit} ${limit === 1 ? 'byte' : 'bytes'}`),
  tooMany: (path: string, count: number, limit: number): FieldError =>
    error(
      'FieldValueTooMany',
      path,
      `Too many: ${count}`,
      `must have at most ${limit} ${limit === 1 ? 'item' : 'items'}`,
    ),
  /** One error for each reason. */
  invalids: (path: string, value: unknown, reasons: readonly string[]): FieldError[] =>
    reasons.map((why) => field.invalid(path, value, why)),
};

export const immutable = 'field is immutable';

function error(type: FieldError['type'], path: string, body: string, why: string): FieldError {
  return { type, field: path, detail: why === '' ? body : `${body}: ${why}` };
}

/** Values as the messages show them: text quoted, the rest as JSON. */
function show(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}
