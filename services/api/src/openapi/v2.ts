import type { Registry } from '@kubus/shared/registry';
import { all, extensions, message, named, namedSchemas } from './gnostic.ts';
import type { OpenApiSchema } from './schemas.ts';
import { openApiV3 } from './v3.ts';

interface Operation extends OpenApiSchema {
  operationId?: string;
  parameters?: { name: string; schema: { type: string } }[];
}

interface V3Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, OpenApiSchema> };
}

/** Field numbers of PathItem. */
const methods: readonly (readonly [string, number])[] = [
  ['get', 2],
  ['put', 3],
  ['post', 4],
  ['delete', 5],
  ['patch', 8],
];

/** The OpenAPI v2 document of everything that is served, made of the v3 documents: definitions, and of each operation its query parameters and kind. */
export function openApiV2(registry: Registry): Uint8Array {
  const documents = registry.groupVersions().map((version) => openApiV3(version) as V3Document);
  const paths = documents.flatMap(({ paths }) => Object.entries(paths));
  const definitions = Object.assign({}, ...documents.map(({ components }) => components.schemas));
  return message(
    [1, '2.0'],
    [2, message([1, 'Kubernetes'], [2, 'v1.36'])],
    [
      8,
      message(
        ...all(
          2,
          paths.map(([path, item]) => named(path, pathItem(item))),
        ),
      ),
    ],
    [9, namedSchemas(definitions)],
  );
}

function pathItem(item: Readonly<Record<string, Operation>>): Buffer {
  const operations = methods.map(([method, number]) => {
    const operation = item[method];
    return [number, operation && operationMessage(operation)] as const;
  });
  return message(...operations);
}

function operationMessage(operation: Operation): Buffer {
  const ok = named('200', message([1, message([1, 'OK'])]));
  return message(
    [5, operation.operationId],
    ...all(8, (operation.parameters ?? []).map(queryParameter)),
    [9, message([1, ok])],
    ...all(13, extensions(operation)),
  );
}

function queryParameter({ name, schema }: { name: string; schema: { type: string } }): Buffer {
  const query = message([2, 'query'], [4, name], [6, schema.type], [20, true]);
  return message([1, message([2, message([3, query])])]);
}
