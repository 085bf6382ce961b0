import type { GroupVersionKind } from '../../object/index.ts';
import type { StructNode } from '../node.ts';

/** A kind as one group version serves it: what the documents are made from. */
export interface OpenApiKind extends GroupVersionKind {
  /** Plural: 'pods'. */
  resource: string;
  namespaced: boolean;
  verbs: readonly string[];
  type: StructNode;
  subresources: readonly OpenApiSubresource[];
}

export interface OpenApiSubresource {
  name: string;
  /** Of the bodies. */
  gvk: GroupVersionKind;
  type: StructNode;
  verbs: readonly string[];
}

/** Where the two versions of the specification differ. */
export type Dialect = 'v2' | 'v3';

export type OpenApiObject = Record<string, unknown>;

export const definitionsPath = (dialect: Dialect): string =>
  dialect === 'v2' ? '#/definitions/' : '#/components/schemas/';
