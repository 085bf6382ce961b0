import { eventually } from '@kubus/testkit';
import type { Kubectl } from './case.ts';

export const configMap = (name: string, data: object = { key: 'value' }) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

/** Labelled and named like each other, with one container `main`. */
export const deployment = (name: string, replicas = 1) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, labels: { app: name } },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: 'app:1' }] },
    },
  },
});

export const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name } },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image: 'app:1' }] },
});

export async function rolledOut(k: Kubectl, name: string, replicas = 1): Promise<void> {
  await k.pipe(deployment(name, replicas), 'apply -f -');
  await k.run(`rollout status deployment/${name} --timeout=120s`);
}

/** Of the condition Ready; every version has it. */
export async function running(k: Kubectl, name: string): Promise<void> {
  await k.pipe(pod(name), 'apply -f -');
  await k.run(`wait --for=condition=Ready pod/${name} --timeout=120s`);
}

export const soon = (check: () => Promise<void>) => eventually(check, 60_000);
