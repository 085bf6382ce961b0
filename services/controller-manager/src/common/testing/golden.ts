import { readFileSync } from 'node:fs';
import { type ApiClient, type ApiRequest, parseDesiredKey } from '@kubus/shared/bus';
import { type GroupResource, type KubeObject, parseApiVersion } from '@kubus/shared/object';
import type { Controller } from '@kubus/shared/reconcile';
import { builtinKinds, Registry } from '@kubus/shared/registry';
import { expect } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { createControllers, followedKinds } from '../../controllers.ts';
import type { SetStatus } from '../../desired-set/status.ts';
import { MemoryBuckets } from '../../desired-set/testing/memory-buckets.ts';
import { createGarbageCollector } from '../../garbage-collector/index.ts';
import { nodeLifecycleEnvironment, nodeLifecycleSettings } from '../../node-lifecycle/settings.ts';
import { createResourceQuotaController } from '../../resource-quota/index.ts';
import { RegistryKinds } from '../served-kinds.ts';
import { collected, World } from './world.ts';

/** The first document of a case may say how it is played. */
interface Play {
  /** Default: the one that is named as the folder. */
  controller?: string;
  /** What passes after the controller has come to rest first; it has another look then. */
  seconds?: number;
  /** Who may create which subresources of CertificateSigningRequests; default: nobody any. */
  allowed?: { user: string; subresource: string }[];
  /** What is published, '<namespace>.<name>' each, and what became of it before; without a manifest the key was deleted. */
  sets?: { key: string; manifest?: string; outcome?: SetStatus }[];
}

const kinds = new RegistryKinds(new Registry(builtinKinds));

/** A file '<folder of a controller>/testdata/<name>.in.yaml'. */
export class GoldenCase {
  readonly controller: string;
  readonly play: Required<Omit<Play, 'controller'>>;
  readonly objects: KubeObject[];
  /** Where what comes out of it is kept. */
  readonly output: string;

  constructor(input: URL, folder: string) {
    const documents = parseAllDocuments(readFileSync(input, 'utf8')).map((document) => document.toJS() as unknown);
    const { controller = folder, seconds = 0, allowed = [], sets = [] } = documents.find(isPlay) ?? {};
    this.controller = controller;
    this.play = { seconds, allowed, sets };
    this.objects = documents.filter(isObject);
    this.output = input.pathname.replace('.in.', '.out.');
  }
}

/** What one controller alone makes of a cluster: objects in, objects that changed and events out. The clock stands at 2026-01-01T00:00:00Z. */
export async function expectGolden({ controller, play, objects, output }: GoldenCase): Promise<void> {
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
  const buckets = await bucketsOf(play);
  const driver = world.run(controllerOf(world, { buckets, allowed: play.allowed }, controller));
  await driver.settle();
  if (play.seconds > 0) await driver.advance(play.seconds * 1000);
  expect(driver.failures).toEqual([]);
  const after = [...resources.values()].flatMap((resource) => world.cluster.get(resource).list());
  const changed = after.filter((object) => before.get(keyOf(object)) !== render(object)).sort(byKey);
  const present = new Set(after.map(keyOf));
  const gone = [...before.keys()].filter((key) => !present.has(key));
  const rest = { gone, events: world.events, ...(play.sets.length > 0 ? { outcomes: outcomesIn(buckets) } : {}) };
  const texts = [...changed.map(render), stringify(rest, { lineWidth: 0 })];
  await expect(texts.join('---\n')).toMatchFileSnapshot(output);
}

/** What controllers ask beside objects. */
interface Beside {
  buckets: MemoryBuckets;
  allowed: Required<Play>['allowed'];
}

/** All controllers as they are in production, but for those that need more than an API. */
export function allControllers(
  world: World,
  { buckets, allowed }: Beside = { buckets: new MemoryBuckets(), allowed: [] },
): Controller[] {
  const context = { ...world.context, api: reviewing(world.cluster, allowed) };
  return createControllers(context, {
    kinds,
    followers: [
      createGarbageCollector(context, { resources: collected }),
      createResourceQuotaController(context, { kinds: followedKinds(kinds) }),
    ],
    caCertificate: 'the certificate of the cluster',
    caKey: undefined,
    nodeLifecycle: nodeLifecycleSettings(z.object(nodeLifecycleEnvironment).parse({})),
    autoscalerSyncPeriodMs: 15_000,
    terminatedPodThreshold: 0,
    statefulSetMaxUnavailable: false,
    desiredSets: { buckets, apiFor: () => context.api },
  });
}

function controllerOf(world: World, beside: Beside, name: string): Controller {
  const found = allControllers(world, beside).find((controller) => controller.name === name);
  if (found === undefined) throw new Error(`no controller is named ${name}`);
  return found;
}

/** The cluster, which also tells who may do what. */
function reviewing(cluster: ApiClient, allowed: Beside['allowed']): ApiClient {
  const review = ({ body }: ApiRequest) => {
    const { user, resourceAttributes } = (body as { spec: Review }).spec;
    return { status: { allowed: allowed.some((one) => one.user === user && isFor(one, resourceAttributes)) } };
  };
  return {
    request: async <T>(request: ApiRequest) =>
      request.resource === 'subjectaccessreviews' ? (review(request) as T) : cluster.request<T>(request),
    batch: (requests) => cluster.batch(requests),
    watch: (request, options) => cluster.watch(request, options),
  };
}

interface Review {
  user: string;
  resourceAttributes: { resource: string; verb: string; subresource: string };
}

const isFor = (one: { subresource: string }, asked: Review['resourceAttributes']): boolean =>
  asked.resource === 'certificatesigningrequests' && asked.verb === 'create' && asked.subresource === one.subresource;

async function bucketsOf({ sets }: Pick<Required<Play>, 'sets'>): Promise<MemoryBuckets> {
  const buckets = new MemoryBuckets();
  for (const { key, manifest, outcome } of sets) {
    const set = parseDesiredKey(key);
    if (set === undefined) throw new Error(`no set has the key ${key}`);
    if (outcome !== undefined) await buckets.writeStatus(set, outcome, undefined);
    if (manifest === undefined) buckets.delete(set);
    else buckets.put(set, manifest);
  }
  return buckets;
}

/** Uids, and fingerprints, which contain them, are the test cluster's. */
function outcomesIn({ outcomes }: MemoryBuckets) {
  return [...outcomes].map(([key, { status }]) => {
    const inventory = status.inventory.map(({ uid: _, fingerprint: __, ...entry }) => entry);
    return { key, ...status, inventory };
  });
}

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
