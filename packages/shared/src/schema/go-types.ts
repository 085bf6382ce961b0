import type { FieldFacts } from './facts.ts';

/** Go's names of scalars, as its messages print them. */
const goScalars: ReadonlyMap<string, string> = new Map([
  ['bytes', '[]uint8'],
  ['double', 'float64'],
  ['Time', 'v1.Time'],
  ['MicroTime', 'v1.MicroTime'],
  ['Duration', 'v1.Duration'],
  ['FieldsV1', 'v1.FieldsV1'],
  ['Quantity', 'resource.Quantity'],
  ['IntOrString', 'intstr.IntOrString'],
  ['RawExtension', 'runtime.RawExtension'],
  ['Any', 'interface {}'],
]);

/** The Go type of an element as messages print it: 'v1.PodSpec', 'int32'. */
export function goElementType(type: string): string {
  return type.includes('.') ? type.split('.').slice(-2).join('.') : (goScalars.get(type) ?? type);
}

/** The Go type of a field whose facts name no other. */
export function defaultGoType({ type, list, map }: Pick<FieldFacts, 'type' | 'list' | 'map'>): string {
  const element = goElementType(type);
  return map ? `map[string]${element}` : list ? `[]${element}` : element;
}
