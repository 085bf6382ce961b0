import { readFileSync } from 'node:fs';
import { type GroupResource, type KubeObject, parseApiVersion } from '@kubus/shared/object';
import type { Controller } from '@kubus/shared/reconcile';
import { builtinKinds, Registry } from '@kubus/shared/registry';
import { expect } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { createControllers } from '../../controllers.ts';
import { createGarbageCollector } from '../../garbage-collector/index.ts';
import { nodeLifecycleEnvironment, nodeLifecycleSettings } from '../../node-lifecycle/settings.ts';
import { RegistryKinds } from '../served-kinds.ts';
import { collected, World } from './world.ts';

/** The first document of a case may say how it is played. */
interface Play {
  /** Default: the one that is named as the folder. */
  controller?: string;
  /** What passes after the controller has come to rest first; it has another look then. */
  seconds?: number;
}

const kinds = new RegistryKinds(new Registry(builtinKinds));

/** A file '<folder of a controller>/testdata/<name>.in.yaml'. */
export class GoldenCase {
  readonly controller: string;
  readonly seconds: number;
  readonly objects: KubeObject[];
  /** Where what comes out of it is kept. */
  readonly output: string;

  constructor(input: URL, folder: string) {
    const documents = parseAllDocuments(readFileSync(input, 'utf8')).map((document) => document.toJS() as unknown);
    const { controller = folder, seconds = 0 } = documents.find(isPlay) ?? {};
    this.controller = controller;
    this.seconds = seconds;
    this.objects = documents.filter(isObject);
    this.output = input.pathname.replace('.in.', '.out.');
  }
}

/** What one controller alone makes of a cluster: objects in, objects that changed and events out. The clock stands at 2026-01-01T00:00:00Z. */
export async function expectGolden({ controller, seconds, objects, output }: GoldenCase): Promise<void> {
  const world = new World();
  const before = new Map<string, string>();
  const resources = new Map<string, GroupResource>(
    kinds.stored().map(({ storage }) => [`${storage.group}/${storage.resource}`, storage]),
  );
  for (const object of objects) {
    const resource = resourceOf(object);
    resources.set(`${resource.group}/${resource.resource}`, resource);
    before.set(keyOf(object), render(world.cluster.seed(resource, object)));
  }
  const driver = world.run(controllerOf(world, controller));
  await driver.settle();
  if (seconds > 0) await driver.advance(seconds * 1000);
  expect(driver.failures).toEqual([]);
  const after = [...resources.values()].flatMap((resource) => world.cluster.get(resource).list());
  const changed = after.filter((object) => before.get(keyOf(object)) !== render(object)).sort(byKey);
  const present = new Set(after.map(keyOf));
  const rest = { gone: [...before.keys()].filter((key) => !present.has(key)), events: world.events };
  const texts = [...changed.map(render), stringify(rest, { lineWidth: 0 })];
  await expect(texts.join('---\n')).toMatchFileSnapshot(output);
}

/** All controllers as they are in production, but for those that need more than an API. */
export function allControllers({ context }: World): Controller[] {
  return createControllers(context, {
    kinds,
    collector: createGarbageCollector(context, { resources: collected }),
    caCertificate: 'the certificate of the cluster',
    caKey: undefined,
    nodeLifecycle: nodeLifecycleSettings(z.object(nodeLifecycleEnvironment).parse({})),
    autoscalerSyncPeriodMs: 15_000,
    terminatedPodThreshold: 0,
    statefulSetMaxUnavailable: false,
    desiredSets: { buckets: noBuckets, apiFor: () => context.api },
  });
}

function controllerOf(world: World, name: string): Controller {
  const found = allControllers(world).find((controller) => controller.name === name);
  if (found === undefined) throw new Error(`no controller is named ${name}`);
  return found;
}

/** Nothing is published. */
const noBuckets = {
  published: async () => undefined,
  status: async () => undefined,
  writeStatus: () => Promise.reject(new Error('there are no buckets')),
  keys: async () => [],
};

const isObject = (document: unknown): document is KubeObject => (document as KubeObject).kind !== undefined;
const isPlay = (document: unknown): document is Play => !isObject(document);

function resourceOf({ apiVersion, kind }: KubeObject): GroupResource {
  const { group, version } = parseApiVersion(apiVersion);
  return (
    kinds.find({ group, version, kind })?.storage ?? unknownKinds[`${group}/${kind}`] ?? refuse(`${group}/${kind}`)
  );
}

/** Served here, and kept by nobody. */
const unknownKinds: Readonly<Record<string, GroupResource>> = {
  'metrics.k8s.io/PodMetrics': { group: 'metrics.k8s.io', resource: 'pods' },
};

function refuse(kind: string): never {
  throw new Error(`nobody knows the kind ${kind}`);
}

const keyOf = ({ kind, metadata: { namespace, name } }: KubeObject): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
const byKey = (a: KubeObject, b: KubeObject): number => (keyOf(a) < keyOf(b) ? -1 : 1);

/** Revisions and uids are the test cluster's. */
function render(object: KubeObject): string {
  const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
  return stringify({ ...object, metadata }, { lineWidth: 0, aliasDuplicateObjects: false });
}
