import type { FieldError } from '../errors/index.ts';
import { equal } from '../object/equal.ts';
import { field } from '../registry/field.ts';
import type { Conversion, DefinitionVersion, PrinterColumn, ScalePaths } from './definition.ts';
import { parseColumnPath } from './json-path.ts';
import { ruleErrors } from './rule-errors.ts';
import { type Structural, structuralOf } from './structural.ts';
import { structuralErrors } from './structural-errors.ts';

export function versionErrors(
  version: DefinitionVersion,
  path: string,
  old: DefinitionVersion | undefined,
): FieldError[] {
  const at = (name: string): string => field.child(path, name);
  const errors: FieldError[] = [];
  const schema = version.schema?.openAPIV3Schema;
  if (schema === undefined) errors.push(field.required(at('schema.openAPIV3Schema'), 'schemas are required'));
  else if (!equal(schema, old?.schema?.openAPIV3Schema)) {
    const structural = structuralErrors(schema, at('schema.openAPIV3Schema'));
    errors.push(...(structural.length > 0 ? structural : ruleErrors(schema, at('schema.openAPIV3Schema'))));
  }
  if (version.deprecationWarning !== undefined) errors.push(...warningErrors(version, at('deprecationWarning')));
  if (version.subresources?.scale !== undefined)
    errors.push(...scaleErrors(version.subresources.scale, at('subresources.scale')));
  for (const [i, column] of (version.additionalPrinterColumns ?? []).entries()) {
    errors.push(...columnErrors(column, field.index(at('additionalPrinterColumns'), i)));
  }
  return [...errors, ...selectableErrors(version, at('selectableFields'))];
}

function warningErrors({ deprecated, deprecationWarning = '' }: DefinitionVersion, path: string): FieldError[] {
  if (deprecated !== true) return [field.invalid(path, deprecationWarning, 'can only be set for deprecated versions')];
  if (deprecationWarning === '') return [field.invalid(path, deprecationWarning, 'must not be an empty string')];
  return Buffer.byteLength(deprecationWarning) > 256
    ? [field.invalid(path, deprecationWarning, 'must be <= 256 characters')]
    : [];
}

const fieldPath = /^(?:\.[A-Za-z_$][\w$-]*)+$/;

function scaleErrors(scale: ScalePaths, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const check = (name: keyof ScalePaths, prefixes: readonly string[]): void => {
    const value = scale[name];
    const where = field.child(path, name);
    if (!value) errors.push(field.required(where));
    else if (!fieldPath.test(value))
      errors.push(field.invalid(where, value, 'must be a simple json path without array notation'));
    else if (!prefixes.some((prefix) => value.startsWith(`${prefix}.`))) {
      errors.push(field.invalid(where, value, `should be a json path under ${prefixes.join(' or ')}`));
    }
  };
  check('specReplicasPath', ['.spec']);
  check('statusReplicasPath', ['.status']);
  if (scale.labelSelectorPath) check('labelSelectorPath', ['.status', '.spec']);
  return errors;
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function columnErrors({ name, type, format, jsonPath }: PrinterColumn, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const at = (part: string): string => field.child(path, part);
  if (!name) errors.push(field.required(at('name')));
  const kinds = columnTypes.join(',');
  if (!type) errors.push(field.required(at('type'), `must be one of ${kinds}`));
  else if (!columnTypes.includes(type)) errors.push(field.invalid(at('type'), type, `must be one of ${kinds}`));
  if (format && !columnFormats.includes(format))
    errors.push(field.invalid(at('format'), format, `must be one of ${columnFormats.join(',')}`));
  if (!jsonPath) errors.push(field.required(at('jsonPath')));
  else if (parseColumnPath(jsonPath) === undefined)
    errors.push(field.invalid(at('jsonPath'), jsonPath, 'must be a simple json path starting with .'));
  return errors;
}

/** KEP-4358. */
function selectableErrors({ selectableFields = [], schema }: DefinitionVersion, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (selectableFields.length > 8) errors.push(field.tooMany(path, selectableFields.length, 8));
  const root = structuralOf(schema?.openAPIV3Schema ?? {});
  const seen = new Set<string>();
  for (const [i, { jsonPath }] of selectableFields.entries()) {
    const where = `${field.index(path, i)}.jsonPath`;
    if (!jsonPath) errors.push(field.required(where));
    else if (jsonPath.startsWith('.metadata.'))
      errors.push(field.invalid(where, jsonPath, 'must not point to fields in metadata'));
    else if (seen.has(jsonPath)) errors.push(field.duplicate(where, jsonPath));
    else {
      const target = fieldPath.test(jsonPath) ? follow(root, jsonPath) : undefined;
      if (target === undefined)
        errors.push(field.invalid(where, jsonPath, 'is an invalid path: does not refer to a valid field'));
      else if (!['string', 'boolean', 'integer'].includes(target.type)) {
        errors.push(
          field.invalid(
            where,
            jsonPath,
            'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
          ),
        );
      }
    }
    seen.add(jsonPath);
  }
  return errors;
}

function follow(root: Structural, path: string): Structural | undefined {
  return path
    .split('.')
    .slice(1)
    .reduce<Structural | undefined>((schema, name) => schema?.properties.get(name), root);
}

export function conversionErrors(conversion: Conversion | undefined): FieldError[] {
  if (conversion === undefined) return [];
  const path = 'spec.conversion';
  const { strategy, webhook } = conversion;
  if (strategy === 'None')
    return webhook === undefined
      ? []
      : [field.forbidden(`${path}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook')];
  if (strategy !== 'Webhook') return [field.notSupported(`${path}.strategy`, strategy, ['None', 'Webhook'])];
  const errors: FieldError[] = [];
  const client = webhook?.clientConfig;
  if (client === undefined)
    errors.push(field.required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook'));
  else if ((client.url === undefined) === (client.service === undefined)) {
    errors.push(field.required(`${path}.webhookClientConfig`, 'exactly one of url or service is required'));
  } else if (client.url !== undefined && !/^https:\/\//.test(client.url)) {
    errors.push(
      field.invalid(
        `${path}.webhookClientConfig.url`,
        client.url,
        "'https' is the only allowed URL scheme; desired format: https://host[/path]",
      ),
    );
  }
  const versions = webhook?.conversionReviewVersions ?? [];
  if (versions.length === 0) errors.push(field.required(`${path}.conversionReviewVersions`));
  else if (!versions.includes('v1') && !versions.includes('v1beta1')) {
    errors.push(
      field.invalid(`${path}.conversionReviewVersions`, versions, 'must include at least one of v1, v1beta1'),
    );
  }
  return errors;
}
