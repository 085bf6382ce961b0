import type { KindDeclaration } from '../contract.ts';
import { binding } from './binding.ts';
import { clusterRole } from './cluster-role.ts';
import { clusterRoleBinding } from './cluster-role-binding.ts';
import { configMap } from './config-map.ts';
import { deployment } from './deployment.ts';
import { event } from './event.ts';
import { lease } from './lease.ts';
import { namespace } from './namespace.ts';
import { node } from './node.ts';
import { pod } from './pod.ts';
import { replicaSet } from './replica-set.ts';
import { reviews } from './reviews.ts';
import { role } from './role.ts';
import { roleBinding } from './role-binding.ts';
import { secret } from './secret.ts';
import { service } from './service.ts';
import { serviceAccount } from './service-account.ts';

/** Every built-in kind; a new one is a file beside this and a line in it. */
export const builtinKinds: readonly KindDeclaration[] = [
  binding,
  configMap,
  event,
  namespace,
  node,
  pod,
  secret,
  serviceAccount,
  service,
  deployment,
  replicaSet,
  lease,
  clusterRoleBinding,
  clusterRole,
  roleBinding,
  role,
  ...reviews,
];
