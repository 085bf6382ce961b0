import type { KubeObject } from '../../object/index.ts';
import { builtinKinds } from '../kinds/index.ts';

type Fields = Readonly<Record<string, unknown>>;

function strategyOf(kind: string) {
  const declaration = builtinKinds.find((candidate) => candidate.kind === kind);
  if (declaration?.strategy === undefined) throw new Error(`${kind} is not a kind that is kept`);
  return declaration.strategy;
}

const objectOf = (kind: string, fields: Fields): KubeObject =>
  structuredClone({ apiVersion: 'x/v1', kind, metadata: { name: 'x', namespace: 'y' }, ...fields }) as KubeObject;

const lines = (errors: readonly { field: string; detail: string }[] = []): string[] =>
  errors.map(({ field, detail }) => `${field}: ${detail}`);

/** What a new object is refused for, after its defaults: `path: message`. */
export function refusals(kind: string, fields: Fields): string[] {
  const strategy = strategyOf(kind);
  const object = objectOf(kind, fields);
  strategy.setDefaults?.(object);
  return lines([...(strategy.validate?.(object) ?? []), ...(strategy.validateCreate?.(object) ?? [])]);
}

/** What a change is refused for. */
export function changeRefusals(kind: string, before: Fields, after: Fields): string[] {
  const strategy = strategyOf(kind);
  const [old, object] = [objectOf(kind, before), objectOf(kind, after)];
  for (const one of [old, object]) strategy.setDefaults?.(one);
  return lines(strategy.validateUpdate?.(object, old));
}
