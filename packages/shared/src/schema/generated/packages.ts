// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';
import coreV1 from './core-v1.json' with { type: 'json' };
import metaV1 from './meta-v1.json' with { type: 'json' };
import appsV1 from './apps-v1.json' with { type: 'json' };
import batchV1 from './batch-v1.json' with { type: 'json' };
import autoscalingV2 from './autoscaling-v2.json' with { type: 'json' };
import autoscalingV1 from './autoscaling-v1.json' with { type: 'json' };
import networkingV1 from './networking-v1.json' with { type: 'json' };
import policyV1 from './policy-v1.json' with { type: 'json' };
import rbacV1 from './rbac-v1.json' with { type: 'json' };
import storageV1 from './storage-v1.json' with { type: 'json' };
import schedulingV1 from './scheduling-v1.json' with { type: 'json' };
import discoveryV1 from './discovery-v1.json' with { type: 'json' };
import coordinationV1 from './coordination-v1.json' with { type: 'json' };
import certificatesV1 from './certificates-v1.json' with { type: 'json' };
import eventsV1 from './events-v1.json' with { type: 'json' };
import nodeV1 from './node-v1.json' with { type: 'json' };
import admissionregistrationV1 from './admissionregistration-v1.json' with { type: 'json' };
import admissionV1 from './admission-v1.json' with { type: 'json' };
import authenticationV1 from './authentication-v1.json' with { type: 'json' };
import authorizationV1 from './authorization-v1.json' with { type: 'json' };
import flowcontrolV1 from './flowcontrol-v1.json' with { type: 'json' };
import resourceV1 from './resource-v1.json' with { type: 'json' };

export const packages = [
  coreV1,
  metaV1,
  appsV1,
  batchV1,
  autoscalingV2,
  autoscalingV1,
  networkingV1,
  policyV1,
  rbacV1,
  storageV1,
  schedulingV1,
  discoveryV1,
  coordinationV1,
  certificatesV1,
  eventsV1,
  nodeV1,
  admissionregistrationV1,
  admissionV1,
  authenticationV1,
  authorizationV1,
  flowcontrolV1,
  resourceV1,
] as unknown as readonly PackageFacts[];
