import { invalid } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { equal } from '@kubus/shared/registry';
import type { CronJob, Pod, PodSpec, PodTemplate, PodTemplateSpec } from '@kubus/shared/schema';
import type { LiveView } from '../../storage/index.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { refusal } from '../refuse.ts';
import { containersOf, type Subject } from './check.ts';
import { noConfiguration, type PodSecurityConfiguration } from './configuration.ts';
import { violations } from './evaluate.ts';
import { formatStandard, labelErrors, mayForbidMore, type Policy, policyOf } from './policy.ts';

/** Kinds that make pods: they are warned of, their pods are refused. */
const workloads: ReadonlySet<string> = new Set([
  '/podtemplates',
  '/replicationcontrollers',
  'apps/daemonsets',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'batch/cronjobs',
  'batch/jobs',
]);

/** How many pods are looked at when a namespace becomes stricter, and how many of them are named. */
const maxPods = 3000;
const maxNamed = 10;

export interface PodSecurityOptions {
  namespaces: LiveView;
  /** Reads a namespace from the store. */
  read: (name: string) => Promise<KubeObject | undefined>;
  podsOf: (namespace: string, limit: number) => Promise<readonly KubeObject[]>;
  /** Default: the labels of namespaces alone say what holds, for everybody. */
  configuration?: PodSecurityConfiguration;
}

/** Holds pods to the standard that their namespace's labels name, or else the configuration (Kubernetes: PodSecurity). */
export class PodSecurity implements AdmissionPlugin {
  readonly name = 'PodSecurity';
  readonly #options: PodSecurityOptions;
  readonly #configuration: PodSecurityConfiguration;

  constructor(options: PodSecurityOptions) {
    this.#options = options;
    this.#configuration = options.configuration ?? noConfiguration;
  }

  concerns(resource: { group: string; resource: string }, subresource: string, operation: AdmissionOperation): boolean {
    if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
    const name = `${resource.group}/${resource.resource}`;
    if (name === '/pods') {
      return subresource === '' || (subresource === 'ephemeralcontainers' && operation === 'UPDATE');
    }
    return subresource === '' && (name === '/namespaces' || workloads.has(name));
  }

  validate(request: AdmissionRequest): void | Promise<void> {
    const { group, resource } = request.resource;
    if (group === '' && resource === 'namespaces') return this.#checkNamespace(request);
    const { usernames, namespaces } = this.#configuration.exemptions;
    if (usernames.has(request.user.username) || namespaces.has(request.namespace)) return undefined;
    const known = this.#options.namespaces.get('', request.namespace);
    if (known !== undefined) return this.#check(request, this.#policyOf(known));
    return this.#options.read(request.namespace).then((found) => this.#check(request, this.#policyOf(found)));
  }

  #policyOf(namespace: KubeObject | undefined): Policy {
    return policyOf(namespace?.metadata.labels, this.#configuration.defaults);
  }

  #isExempt({ runtimeClassName }: PodSpec): boolean {
    return runtimeClassName !== undefined && this.#configuration.exemptions.runtimeClasses.has(runtimeClassName);
  }

  #check(request: AdmissionRequest, policy: Policy): void {
    const modes = [policy.enforce, policy.audit, policy.warn];
    if (modes.every(({ level }) => level === 'privileged')) return;
    if (request.resource.resource === 'pods') this.#checkPod(request, policy);
    else this.#checkTemplate(request, policy);
  }

  #checkPod(request: AdmissionRequest, policy: Policy): void {
    const pod = request.object as Pod;
    if (pod.spec === undefined || this.#isExempt(pod.spec)) return;
    if (request.operation === 'UPDATE' && !matters(pod, request.old as Pod)) return;
    const enforced = violations(pod as Subject, policy.enforce);
    request.notes.annotate('pod-security.kubernetes.io/enforce-policy', formatStandard(policy.enforce));
    tell(request, policy, pod as Subject, enforced === undefined);
    if (enforced === undefined) return;
    throw refusal(request, `violates PodSecurity ${JSON.stringify(formatStandard(policy.enforce))}: ${enforced}`);
  }

  #checkTemplate(request: AdmissionRequest, policy: Policy): void {
    const template = templateOf(request.object as KubeObject);
    if (template?.spec === undefined || this.#isExempt(template.spec)) return;
    const metadata = { name: '', ...template.metadata };
    tell(request, policy, { metadata, spec: template.spec }, true);
  }

  #checkNamespace(request: AdmissionRequest): void | Promise<void> {
    const { metadata } = request.object as KubeObject;
    const before = request.old?.metadata.labels;
    const errors = labelErrors(metadata.labels);
    // What was wrong already may stay so.
    if (errors.length > 0 && (request.operation === 'CREATE' || labelErrors(before).length === 0)) {
      throw invalid({ group: '', kind: 'Namespace', name: metadata.name }, errors);
    }
    if (request.operation === 'CREATE') return undefined;
    const { defaults, exemptions } = this.#configuration;
    if (exemptions.namespaces.has(metadata.name)) return undefined;
    const next = policyOf(metadata.labels, defaults).enforce;
    return mayForbidMore(next, policyOf(before, defaults).enforce)
      ? this.#warnOfPods(request, metadata.name)
      : undefined;
  }

  /** Pods that are there stay; who makes the namespace stricter hears which could not be made again. */
  async #warnOfPods(request: AdmissionRequest, namespace: string): Promise<void> {
    const { enforce } = this.#policyOf(request.object as KubeObject);
    const byReason = new Map<string, string[]>();
    for (const pod of await this.#options.podsOf(namespace, maxPods)) {
      const { spec } = pod as Pod;
      if (spec === undefined || this.#isExempt(spec)) continue;
      const found = violations(pod as unknown as Subject, enforce);
      if (found !== undefined) byReason.set(found, [...(byReason.get(found) ?? []), pod.metadata.name]);
    }
    if (byReason.size === 0) return;
    const standard = JSON.stringify(formatStandard(enforce));
    request.notes.warn(
      `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${standard}`,
    );
    const lines = [...byReason].map(([reason, [first = '', ...others]]) => ({ first, count: others.length, reason }));
    for (const { first, count, reason } of lines.sort((a, b) => (a.first < b.first ? -1 : 1)).slice(0, maxNamed)) {
      const more = count === 0 ? '' : ` (and ${count} other ${count === 1 ? 'pod' : 'pods'})`;
      request.notes.warn(`${first}${more}: ${reason}`);
    }
  }
}

/** Who is refused anyway is not warned. */
function tell({ notes }: AdmissionRequest, { audit, warn }: Policy, pod: Subject, admitted: boolean): void {
  const would = (standard: Policy['warn']): string | undefined => {
    const found = violations(pod, standard);
    return found === undefined
      ? undefined
      : `would violate PodSecurity ${JSON.stringify(formatStandard(standard))}: ${found}`;
  };
  const audited = would(audit);
  if (audited !== undefined) notes.annotate('pod-security.kubernetes.io/audit-violations', audited);
  const warned = admitted ? would(warn) : undefined;
  if (warned !== undefined) notes.warn(warned);
}

/** Updates that change nothing that is looked at are not held up for what was let in before. */
function matters(pod: Pod, old: Pod): boolean {
  const seen = ({ metadata, spec }: Pod) => ({
    annotations: Object.entries(metadata.annotations ?? {})
      .filter(([key]) => key.startsWith('container.apparmor.'))
      .sort(),
    spec: spec && { securityContext: spec.securityContext, containers: containersOf(spec as PodSpec) },
  });
  return !equal(seen(pod), seen(old));
}

function templateOf(object: KubeObject): PodTemplateSpec | undefined {
  const { template } = object as PodTemplate;
  if (template !== undefined) return template;
  const { spec } = object as { spec?: { template?: PodTemplateSpec } };
  return spec?.template ?? (object as CronJob).spec?.jobTemplate?.spec?.template;
}
