import type { Informer } from '@kubus/shared/informer';
import type { Pod } from '@kubus/shared/schema';
import type { Doom } from './doom.ts';
import type { PodEnvironment } from './environment.ts';
import { compareResizes, pendingResize } from './resize.ts';
import { PodWorker } from './worker.ts';

const resyncMs = 60_000;

/** The pods of one node: one worker each, from the first sight of the pod until nothing of it is left. */
export class PodManager {
  readonly #environment: PodEnvironment;
  readonly #pods: Pick<Informer<Pod>, 'list' | 'onChange'>;
  readonly #workers = new Map<string, PodWorker>();
  /** Pods that ask for other resources than they have: one process may play a thousand nodes, and asks not all of its pods for each that goes. */
  readonly #resizes = new Set<string>();
  readonly #stops: (() => void)[] = [];
  #synced = false;

  readonly #isOwn: (pod: Pod) => boolean;

  /** `isOwn` picks the pods to look after when the informer sees others too; default all. */
  constructor(
    environment: PodEnvironment,
    pods: Pick<Informer<Pod>, 'list' | 'onChange'>,
    isOwn: (pod: Pod) => boolean = () => true,
  ) {
    this.#environment = environment;
    this.#pods = pods;
    this.#isOwn = isOwn;
  }

  /** What the checkpoint knows is looked after from the first moment, the API's word comes when the bus is there. */
  start(): void {
    for (const pod of this.#environment.checkpoint.pods()) this.#adopt(pod);
    this.#stops.push(
      this.#pods.onChange(({ type, object }) => {
        if (type === 'deleted') this.#vanish(object);
        else if (this.#isOwn(object)) this.#adopt(object);
      }),
    );
    const watch = this.#environment.runtime.watch((uid) => this.#wake(uid));
    this.#stops.push(() => watch.stop());
    const timer = setInterval(() => this.#resync(), resyncMs);
    this.#stops.push(() => clearInterval(timer));
  }

  /** To be called once the informer has listed: pods that only the checkpoint or the runtime knows are no more. */
  async synced(): Promise<void> {
    const known = new Set(
      this.#pods
        .list()
        .filter(this.#isOwn)
        .map((pod) => pod.metadata.uid),
    );
    for (const [uid, worker] of this.#workers) if (!known.has(uid)) worker.vanish();
    for (const record of await this.#environment.runtime.containers()) {
      if (known.has(record.podUid) || this.#workers.has(record.podUid)) continue;
      this.#adopt(remains(record)).vanish();
    }
    for (const uid of this.#environment.volumes.uids()) {
      if (known.has(uid) || this.#workers.has(uid)) continue;
      this.#adopt(remains({ podUid: uid, podName: '', podNamespace: '' })).vanish();
    }
    this.#synced = true;
    this.#allocate();
  }

  get ready(): boolean {
    return this.#synced;
  }

  pods(): Pod[] {
    return [...this.#workers.values()].map((worker) => worker.pod);
  }

  /** Pods that take up room, but for the one, with what was allocated to them. */
  occupants(but: string | undefined): Pod[] {
    return [...this.#workers.values()]
      .filter((worker) => worker.pod.metadata.uid !== but && worker.occupies)
      .map((worker) => worker.allocated);
  }

  /** Ends a pod as a whole, and says why. */
  doom(uid: string, doom: Doom): void {
    this.#workers.get(uid)?.doom(doom);
  }

  pod(uid: string): Pod | undefined {
    return this.#workers.get(uid)?.pod;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) stop();
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
  }

  #adopt(pod: Pod): PodWorker {
    const uid = pod.metadata.uid ?? '';
    let worker = this.#workers.get(uid);
    if (worker === undefined) {
      worker = new PodWorker(pod, {
        ...this.#environment,
        released: () => this.#release(uid),
      });
      this.#workers.set(uid, worker);
    }
    worker.update(pod);
    const wanted = worker.resizeRequest !== undefined;
    if (wanted) this.#resizes.add(uid);
    const { phase } = pod.status ?? {};
    // It may ask for something, and one that has ended leaves room.
    if (wanted || phase === 'Succeeded' || phase === 'Failed') this.#allocate();
    return worker;
  }

  /** Gives pods the resources that they ask for, as far as their nodes have them. Not before all pods of the node are known, which come first. */
  #allocate(): void {
    if (!this.#synced || this.#resizes.size === 0) return;
    const requests = [...this.#resizes].flatMap((uid) => {
      const worker = this.#workers.get(uid);
      const request = worker?.resizeRequest;
      if (worker !== undefined && request !== undefined) return [{ uid, worker, ...request }];
      this.#resizes.delete(uid);
      return [];
    });
    for (const { uid, worker, pod } of requests.sort(compareResizes)) {
      const pending = pendingResize(pod, this.#neighbours(pod), this.#environment.facts(pod).allocatable);
      worker.resize(pending);
      // What is infeasible is not tried again until the pod changes.
      if (pending?.reason !== 'Deferred') this.#resizes.delete(uid);
    }
  }

  #neighbours({ metadata, spec }: Pod): Pod[] {
    return [...this.#workers.values()]
      .filter(({ pod }) => pod.metadata.uid !== metadata.uid && pod.spec?.nodeName === spec?.nodeName)
      .map((worker) => worker.allocated);
  }

  #vanish(pod: Pod): void {
    this.#workers.get(pod.metadata.uid ?? '')?.vanish();
  }

  #release(uid: string): void {
    const worker = this.#workers.get(uid);
    this.#workers.delete(uid);
    this.#environment.forget(uid);
    void this.#environment.checkpoint.forget(uid);
    void this.#environment.terminationLogs?.forget(uid);
    void worker?.stop();
    this.#allocate();
  }

  #resync(): void {
    this.#wake(undefined);
    this.#allocate();
  }

  #wake(uid: string | undefined): void {
    if (uid !== undefined) this.#workers.get(uid)?.wake();
    else for (const worker of this.#workers.values()) worker.wake();
  }
}

/** A pod of which only containers are left. */
const remains = (record: { podUid: string; podName: string; podNamespace: string }): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: record.podName, namespace: record.podNamespace, uid: record.podUid },
  spec: { containers: [] },
});
