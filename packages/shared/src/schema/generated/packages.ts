// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import { facts as coreV1 } from './core-v1.ts';
import { facts as metaV1 } from './meta-v1.ts';
import { facts as appsV1 } from './apps-v1.ts';
import { facts as batchV1 } from './batch-v1.ts';
import { facts as autoscalingV2 } from './autoscaling-v2.ts';
import { facts as autoscalingV1 } from './autoscaling-v1.ts';
import { facts as networkingV1 } from './networking-v1.ts';
import { facts as policyV1 } from './policy-v1.ts';
import { facts as rbacV1 } from './rbac-v1.ts';
import { facts as storageV1 } from './storage-v1.ts';
import { facts as schedulingV1 } from './scheduling-v1.ts';
import { facts as discoveryV1 } from './discovery-v1.ts';
import { facts as coordinationV1 } from './coordination-v1.ts';
import { facts as certificatesV1 } from './certificates-v1.ts';
import { facts as eventsV1 } from './events-v1.ts';
import { facts as nodeV1 } from './node-v1.ts';
import { facts as admissionregistrationV1 } from './admissionregistration-v1.ts';
import { facts as admissionV1 } from './admission-v1.ts';
import { facts as authenticationV1 } from './authentication-v1.ts';
import { facts as authorizationV1 } from './authorization-v1.ts';
import { facts as flowcontrolV1 } from './flowcontrol-v1.ts';
import { facts as resourceV1 } from './resource-v1.ts';
import type { PackageFacts } from '../facts.ts';

export const packages: readonly PackageFacts[] = [
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
];
