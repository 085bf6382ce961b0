import { createHash } from 'node:crypto';
import { apiVersionOf, type GroupVersionKind } from '../../object/index.ts';
import { builtinSchema, type SchemaSet } from '../schema-set.ts';
import type { Dialect, OpenApiKind, OpenApiObject } from './contract.ts';
import { encodeGnostic } from './gnostic.ts';
import { pathsOf } from './operations.ts';
import { Definitions, type Describe } from './schemas.ts';

/** Media types of the version 2 document in protobuf: as clients ask for it, which is no valid media type, and as it is answered. */
export const openApiV2Protobuf = {
  accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  contentType: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
} as const;

export interface OpenApiDocument {
  body: Buffer;
  /** Upper-case hexadecimal SHA-512 of the body, as Kubernetes puts it into addresses and entity tags. */
  hash: string;
}

export interface OpenApiDocumentsOptions {
  schema?: SchemaSet;
  /** Descriptions of types and fields. Default: none. */
  describe?: () => Describe | undefined;
}

/**
 * The OpenAPI documents of a set of kinds, each made when first asked for and kept. A changed set of kinds is a new instance. Descriptions are left
 * out unless `describe` has them: they are Kubernetes' own text.
 */
export class OpenApiDocuments {
  readonly #kinds: readonly OpenApiKind[];
  readonly #info: OpenApiObject;
  readonly #schema: SchemaSet;
  readonly #made = new Map<string, OpenApiDocument>();

  readonly #descriptions: () => Describe | undefined;

  /** `version` is that of the API: 'v1.36.0'. `describe` is asked whenever a document is made. */
  constructor(kinds: readonly OpenApiKind[], version: string, options: OpenApiDocumentsOptions = {}) {
    const { schema = builtinSchema, describe = () => undefined } = options;
    this.#descriptions = describe;
    this.#kinds = kinds;
    this.#info = { title: 'Kubernetes', version };
    this.#schema = schema;
  }

  /** What `v3` has documents for. */
  v3Paths(): string[] {
    return [...new Set(this.#kinds.map(pathOf))];
  }

  /** `/openapi/v3`: where the document of each group version is. JSON. */
  v3Index(): OpenApiDocument {
    return this.#keep('v3', () => {
      const paths: OpenApiObject = {};
      for (const path of this.v3Paths()) {
        paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${this.v3(path)?.hash}` };
      }
      return { paths };
    });
  }

  /** `/openapi/v3/<path>`, with a path such as 'api/v1' or 'apis/apps/v1'; undefined for a group version that is not served. JSON. */
  v3(path: string): OpenApiDocument | undefined {
    if (!this.v3Paths().includes(path)) return undefined;
    return this.#keep(`v3/${path}`, () => {
      const { paths, definitions } = this.#describe(
        'v3',
        this.#kinds.filter((kind) => pathOf(kind) === path),
      );
      return { openapi: '3.0.0', info: this.#info, paths, components: { schemas: definitions } };
    });
  }

  /** `/openapi/v2` as JSON. */
  v2Json(): OpenApiDocument {
    return this.#keep('v2', () => this.#v2());
  }

  /** `/openapi/v2` as protobuf, see `openApiV2Protobuf`. */
  v2Protobuf(): OpenApiDocument {
    return this.#keep('v2.pb', () => encodeGnostic(this.#v2()));
  }

  #v2(): OpenApiObject {
    return { swagger: '2.0', info: this.#info, ...this.#describe('v2', this.#kinds) };
  }

  #describe(dialect: Dialect, kinds: readonly OpenApiKind[]): { paths: OpenApiObject; definitions: OpenApiObject } {
    const definitions = new Definitions(dialect, kindsByType(kinds, this.#schema), this.#descriptions());
    const paths: OpenApiObject = {};
    for (const kind of kinds) Object.assign(paths, pathsOf(kind, definitions, dialect, this.#schema));
    return { paths, definitions: definitions.toObject() };
  }

  #keep(key: string, make: () => OpenApiObject | Buffer): OpenApiDocument {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = make();
    const document = openApiDocument(Buffer.isBuffer(made) ? made : Buffer.from(JSON.stringify(made)));
    this.#made.set(key, document);
    return document;
  }
}

export const openApiDocument = (body: Buffer): OpenApiDocument => ({
  body,
  hash: createHash('sha512').update(body).digest('hex').toUpperCase(),
});

const pathOf = (gv: { group: string; version: string }): string =>
  gv.group === '' ? `api/${gv.version}` : `apis/${apiVersionOf(gv)}`;

/** Which group versions and kinds a type stands for; options and lists stand for themselves in each. */
function kindsByType(kinds: readonly OpenApiKind[], schema: SchemaSet): Map<string, GroupVersionKind[]> {
  const found = new Map<string, Map<string, GroupVersionKind>>();
  const add = (type: string, { group, version, kind }: GroupVersionKind): void => {
    const known = found.get(type) ?? new Map<string, GroupVersionKind>();
    found.set(type, known.set(`${group}/${version}/${kind}`, { group, kind, version }));
  };
  for (const kind of kinds) {
    add(kind.type.name, kind);
    for (const sub of kind.subresources) add(sub.type.name, sub.gvk);
    for (const other of [`${kind.kind}List`, 'DeleteOptions']) {
      const type = schema.document({ ...kind, kind: other });
      if (type !== undefined) add(type.name, { ...kind, kind: other });
    }
  }
  return new Map([...found].map(([type, gvks]) => [type, [...gvks.values()]]));
}
