/** A Go package whose types become facts. */
export interface SourcePackage {
  /** Folder under k8s.io. */
  folder: string;
  /** OpenAPI name. */
  name: string;
  /** File stem of its table. */
  file: string;
}

const api = (group: string, version: string): SourcePackage => ({
  folder: `api/${group}/${version}`,
  name: `io.k8s.api.${group}.${version}`,
  file: `${group}-${version}`,
});

/** Every group version that is generally available; where type names collide, the earlier package has the short one. */
export const sourcePackages: readonly SourcePackage[] = [
  api('core', 'v1'),
  { folder: 'apimachinery/pkg/apis/meta/v1', name: 'io.k8s.apimachinery.pkg.apis.meta.v1', file: 'meta-v1' },
  api('apps', 'v1'),
  api('batch', 'v1'),
  api('autoscaling', 'v2'),
  api('autoscaling', 'v1'),
  api('networking', 'v1'),
  api('policy', 'v1'),
  api('rbac', 'v1'),
  api('storage', 'v1'),
  api('scheduling', 'v1'),
  api('discovery', 'v1'),
  api('coordination', 'v1'),
  api('certificates', 'v1'),
  api('events', 'v1'),
  api('node', 'v1'),
  api('admissionregistration', 'v1'),
  api('admission', 'v1'),
  api('authentication', 'v1'),
  api('authorization', 'v1'),
  api('flowcontrol', 'v1'),
  api('resource', 'v1'),
];

/** Types of packages that have no table of their own, as scalars. */
export const foreignTypes: ReadonlyMap<string, string> = new Map([
  ['k8s.io/apimachinery/pkg/apis/meta/v1.Time', 'Time'],
  ['k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime', 'MicroTime'],
  ['k8s.io/apimachinery/pkg/apis/meta/v1.Duration', 'Duration'],
  ['k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1', 'FieldsV1'],
  ['k8s.io/apimachinery/pkg/api/resource.Quantity', 'Quantity'],
  ['k8s.io/apimachinery/pkg/util/intstr.IntOrString', 'IntOrString'],
  ['k8s.io/apimachinery/pkg/runtime.RawExtension', 'RawExtension'],
  ['k8s.io/apimachinery/pkg/runtime.Object', 'Any'],
  ['k8s.io/apimachinery/pkg/types.UID', 'string'],
  ['k8s.io/apimachinery/pkg/types.NodeName', 'string'],
]);

/** Structs that are no API types: helpers of the Go code and requests' query parameters that never come as bodies. */
export const leftOut: ReadonlySet<string> = new Set(['io.k8s.apimachinery.pkg.apis.meta.v1.Patch']);
