import type { CelType } from '../cel/index.ts';
import type { FieldError } from '../errors/index.ts';
import type { GroupVersionKind, GroupVersionResource, KubeObject } from '../object/index.ts';
import type { StructNode } from '../schema/node.ts';
import type { Footprint } from '../store/index.ts';
import type { ValidateName } from './metadata.ts';

/**
 * What is declared once for each kind. Routes, discovery, decoding, patching, selectors, printing and storage are derived from it;
 * nothing outside a declaration asks which kind an object is.
 */
export interface KindDeclaration<T extends KubeObject = KubeObject> {
  kind: string;
  /** Lower case: 'pods'. */
  plural: string;
  singular: string;
  /** Default: the kind with 'List' behind it. */
  listKind?: string;
  shortNames?: readonly string[];
  /** Such as 'all', which `kubectl get all` asks for. */
  categories?: readonly string[];
  scope: Scope;
  /**
   * The group versions the kind is served in. The first is the one it is stored in, and its group and plural name it in the store and the change log;
   * the first of each group is preferred in that group.
   */
  versions: readonly [ServedVersion<T>, ...ServedVersion<T>[]];
  /** Default: all. */
  verbs?: readonly Verb[];
  /** Absent for kinds of which nothing is stored (TokenReview): their verbs are carried out by the api itself. */
  strategy?: Strategy<T>;
  subresources?: readonly Subresource<T>[];
  /** Absent: Name and Created At. */
  table?: TableColumns<T>;
  /** What field selectors may ask for beside metadata.name and metadata.namespace; a missing value is ''. */
  fields?: Readonly<Record<string, FieldOf<T>>>;
  /** Those of `fields` by which many watchers each ask for their own (pods by spec.nodeName): the watch cache sorts changes by them. */
  triggers?: readonly string[];
}

/** Method syntax makes declarations of different kinds fit into one list. */
export type FieldOf<T extends KubeObject> = { of(object: T): string }['of'];

export type Scope = 'Namespaced' | 'Cluster';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

export interface ServedVersion<T extends KubeObject = KubeObject> {
  group: string;
  version: string;
  /** The type, or its name in the schema: 'io.k8s.api.core.v1.Pod'. */
  schema: string | StructNode;
  /** What expressions know of its objects; default: what `schema` says. Undefined: anything may be there. */
  celType?(): CelType | undefined;
  /** Kept in this version, but not served in it. */
  hidden?: boolean;
  /** Default: those of the declaration. */
  table?: TableColumns<T>;
  fields?: Readonly<Record<string, FieldOf<T>>>;
  subresources?: readonly Subresource<T>[];
  /** Said with every answer about it: 'v1 ComponentStatus is deprecated in v1.19+'. */
  deprecated?: string;
  /** From this version's form to the stored one and back; absent when they are the same but for apiVersion. Pure: the argument is not changed. */
  toStored?(object: KubeObject): T;
  fromStored?(object: T): KubeObject;
  /**
   * Converts objects of whatever version of the kind to `apiVersion`, where that is not for this program to do (a webhook). In order. What `toStored` and `fromStored` do comes
   * before and after.
   */
  convert?(objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]>;
  /** Its objects are those of the other versions, but for apiVersion. */
  sameForm?: boolean;
}

/** Circumstances of a write, for strategies that need them. */
export interface WriteContext {
  /** RFC 3339, whole seconds. */
  now: string;
  /** Who creates; absent where that is not known. */
  user?: {
    username: string;
    uid?: string;
    groups: readonly string[];
    extra?: ReadonlyMap<string, readonly string[]>;
  };
}

/**
 * The rules of a kind, in the order in which they run. An `object` argument may be changed in place, `old` never.
 * Kubernetes: the strategy of each registry (pkg/registry/<group>/<kind>/strategy.go).
 */
export interface Strategy<T extends KubeObject = KubeObject> extends UpdateRules<T> {
  /** Fills in absent fields; runs on everything decoded, before admission. */
  setDefaults?(object: T): void;
  /** The kind has a `status` that is written through the subresource of that name alone. */
  hasStatus?: boolean;
  /** The status that a creator sends is taken: a node says what it has. Default: it is dropped. */
  keepsStatusOnCreate?: boolean;
  /** `metadata.generation` counts changes of everything but metadata and status. */
  hasGeneration?: boolean;
  /** What counts for the generation beside that. */
  countsForGeneration?(object: T, old: T): boolean;
  /** Object names: a DNS subdomain by default. Gives the reasons for which a name is refused; `prefix` for a generateName. */
  validateName?: ValidateName;
  /**
   * Finalizers may have names without a domain that are none of Kubernetes' own. Default false: they are refused. Kinds whose validation upstream is that of apimachinery
   * alone take them: custom resources (with a warning) and a few built-in ones.
   */
  takesShortFinalizers?: boolean;
  /** The object has its uid; a name that is generated it may not have yet. */
  prepareForCreate?(object: T, context: WriteContext): void;
  /**
   * What may take longer than other checks, or depends on the version of the request: rules of custom resources, of Events. `object` and `old` (undefined: it is created) are as they are stored, `served` is the
   * version of the request.
   */
  check?(object: T, old: T | undefined, served: ServedVersion): FieldError[] | Promise<FieldError[]>;
  /** Runs when the object has its name, for what repeats the name; again when a generated one, `former`, was taken. '' at first. */
  named?(object: T, former: string): void;
  validate?(object: T): FieldError[];
  /** What a new object must keep to beside `validate`, and old ones need not. */
  validateCreate?(object: T): FieldError[];
  /** Texts of warnings for a valid object; `old` undefined: it is created. */
  warnings?(object: T, old: T | undefined): string[];
  /** A deletion that is complete is answered with the object, not with a Status. */
  returnsDeleted?: boolean;
  /** PUT on a name that does not exist creates it. */
  allowCreateOnUpdate?: boolean;
  /** An update without a resourceVersion is refused. */
  requireResourceVersion?: boolean;
  /** Charges and limits that the commit keeps for the object. */
  footprint?(object: T): Footprint;
  deletion?: DeletionRules<T>;
}

export interface UpdateRules<T extends KubeObject = KubeObject> {
  /** Puts back what this kind of update may not change. */
  prepareForUpdate?(object: T, old: T, context: WriteContext): void;
  /** Runs after `validate`. */
  validateUpdate?(object: T, old: T): FieldError[];
}

export interface DeletionRules<T extends KubeObject = KubeObject> {
  /**
   * Seconds the object is to stay, marked with a deletionTimestamp; 0: it goes at once. `requested` is the client's gracePeriodSeconds.
   * Absent: 0.
   */
  gracePeriod?(object: T, requested: number | undefined): number;
  /** Reasons beside finalizers for which a deleted object stays, e.g. a namespace's spec.finalizers. */
  isHeld?(object: T): boolean;
  /** Marks an object that stays, e.g. phase Terminating. */
  prepareForDeletion?(object: T): void;
  /** propagationPolicy when neither options nor finalizers name one. Default 'Background'. */
  defaultPropagation?: 'Background' | 'Orphan';
  /** Said to who deletes without a policy. */
  unaskedWarning?: string;
}

interface SubresourceBase {
  name: string;
  /** Of request and response bodies. */
  responds: GroupVersionKind;
  /** Schema type of the body. */
  schema: string | StructNode;
  verbs: readonly Verb[];
  /** Of what it is answered with; absent: those of the kind where that is the object itself, and none otherwise. */
  table?: TableColumns;
}

export type Subresource<T extends KubeObject = KubeObject> = SubresourceBase &
  (PartSubresource<T> | ScaleSubresource<T> | TransformSubresource<T> | ConnectSubresource | ActionSubresource);

/** The object itself, of which only a part can be written this way: status, finalize, ephemeralcontainers, resize, approval. */
export interface PartSubresource<T extends KubeObject = KubeObject> {
  type: 'part';
  rules: UpdateRules<T> & { validate?(object: T): FieldError[] };
  /** Paths that writing it does not reach, and so does not own. */
  resetFields?: readonly (readonly string[])[];
  /** Writing it counts for `metadata.generation`. Default false. */
  countsForGeneration?: boolean;
}

/** autoscaling/v1 Scale over fields of the object. */
export interface ScaleSubresource<T extends KubeObject = KubeObject> {
  type: 'scale';
  replicas(object: T): { spec: number; status: number; selector: string };
  setReplicas(object: T, replicas: number): void;
}

/** A posted body that changes the object; answered with a Status of success: binding. */
export interface TransformSubresource<T extends KubeObject = KubeObject> {
  type: 'transform';
  validate(body: KubeObject): FieldError[];
  /** Gives a new object with metadata of its own; what is not changed may be shared with the old one. Throws StatusError Conflict when the object is not in a state for it. */
  transform(object: T, body: KubeObject, context: WriteContext): T;
  /** The commit refuses a charge that exceeds its account's limit. */
  enforceCharges?: boolean;
}

/** A stream to the node of a pod, served by the HTTP front: log, exec, attach, portforward, proxy. */
export interface ConnectSubresource {
  type: 'connect';
  /** Verb asked of authorization, whatever the method: 'create' for exec over a websocket GET (KEP-4006). Default: that of the request. */
  authorizeAs?: Verb;
  /** The name may have a scheme and a port: `[scheme:]name[:port]`. */
  proxied?: boolean;
}

/** Carried out by the api under the subresource's name: eviction, token. */
export interface ActionSubresource {
  type: 'action';
}

/** meta.k8s.io/v1 TableColumnDefinition without its optional parts left out. */
export interface ColumnDefinition {
  name: string;
  type: string;
  format?: string;
  description?: string;
  /** 0 (default): always shown; above: only wide. */
  priority?: number;
}

export interface TableColumns<T extends KubeObject = KubeObject> {
  columns: readonly ColumnDefinition[];
  /** One value for each column. */
  cells(object: T, now: Date): readonly unknown[];
}

/** A kind as one group version serves it. */
export interface ServedResource extends GroupVersionResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly declaration: KindDeclaration;
  readonly served: ServedVersion;
  readonly verbs: ReadonlySet<Verb>;
  readonly namespaced: boolean;
  readonly subresources: ReadonlyMap<string, Subresource>;
  readonly table: TableColumns | undefined;
  readonly fields: KindDeclaration['fields'];
  readonly listKind: string;
  /** Names the resource in the store and the change log. */
  readonly storage: { readonly group: string; readonly resource: string };
}

/** The resources of one group version, in the order of declaration. */
export interface GroupVersionResources {
  group: string;
  version: string;
  apiVersion: string;
  resources: readonly ServedResource[];
}
