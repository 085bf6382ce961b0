import {
  authorizers,
  authorizerType,
  type CelType,
  jsonPatches,
  type Library,
  libraryOf,
  listOf,
  mapOf,
  objectOf,
  resourceCheckType,
  schemaType,
  standardOverloads,
  types,
} from '@kubus/shared/cel';
import { builtinSchema } from '@kubus/shared/schema';

const { string, dyn, bool } = types;

const gvk = (name: string, last: string) => objectOf(name, { group: string, version: string, [last]: string });
const kindType = gvk('kubernetes.GroupVersionKind', 'kind');
const resourceType = gvk('kubernetes.GroupVersionResource', 'resource');

/** What expressions know as `request`: an AdmissionRequest without its objects (apiserver/pkg/admission/plugin/cel BuildRequestType). */
const requestType = objectOf('kubernetes.AdmissionRequest', {
  kind: kindType,
  resource: resourceType,
  subResource: string,
  requestKind: kindType,
  requestResource: resourceType,
  requestSubResource: string,
  name: string,
  namespace: string,
  operation: string,
  userInfo: objectOf('kubernetes.UserInfo', {
    username: string,
    uid: string,
    groups: listOf(string),
    extra: mapOf(string, listOf(string)),
  }),
  dryRun: bool,
  options: dyn,
});

/** Variables of every expression of admission; `params` where the policy has a kind of parameters. */
export function variablesOf(hasParams: boolean, object: CelType = dyn): Map<string, CelType> {
  return new Map<string, CelType>([
    ['object', object],
    ['oldObject', object],
    ['request', requestType],
    ['namespaceObject', schemaType(builtinSchema.struct('io.k8s.api.core.v1.Namespace'))],
    ['authorizer', authorizerType],
    ['authorizer.requestResource', resourceCheckType],
    ...(hasParams ? [['params', dyn] as const] : []),
  ]);
}

export const admissionLibrary: Library = libraryOf(standardOverloads, authorizers, jsonPatches);
