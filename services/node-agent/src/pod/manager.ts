import type { Informer } from '@kubus/shared/informer';
import type { Pod } from '@kubus/shared/schema';
import type { Doom } from './doom.ts';
import type { PodEnvironment } from './environment.ts';
import { pendingResize } from './resize.ts';
import { PodWorker } from './worker.ts';

const resyncMs = 60_000;

/** The pods of one node: one worker each, from the first sight of the pod until nothing of it is left. */
export class PodManager {
  readonly #environment: PodEnvironment;
  readonly #pods: Pick<Informer<Pod>, 'list' | 'onChange'>;
  readonly #workers = new Map<string, PodWorker>();
  /** Pods whose resize waits for room: one process may play a thousand nodes, and asks not all of its pods for each that goes. */
  readonly #wantRoom = new Set<string>();
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
    const timer = setInterval(() => this.#wake(undefined), resyncMs);
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
  }

  get ready(): boolean {
    return this.#synced;
  }

  pods(): Pod[] {
    return [...this.#workers.values()].map((worker) => worker.pod);
  }

  /** Pods that take up room, but for the one. */
  occupants(but: string | undefined): Pod[] {
    return [...this.#workers.values()]
      .filter((worker) => worker.pod.metadata.uid !== but && worker.occupies)
      .map((worker) => worker.pod);
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
        pendingResize: (changed) => this.#pendingResize(uid, changed),
      });
      this.#workers.set(uid, worker);
    }
    worker.update(pod);
    return worker;
  }

  #pendingResize(uid: string, pod: Pod): ReturnType<typeof pendingResize> {
    const pending = pendingResize(pod, this.#others(uid), this.#environment.facts(pod).allocatable);
    if (pending === undefined) this.#wantRoom.delete(uid);
    else this.#wantRoom.add(uid);
    return pending;
  }

  #others(uid: string): Pod[] {
    return [...this.#workers].filter(([other]) => other !== uid).map(([, worker]) => worker.pod);
  }

  #vanish(pod: Pod): void {
    this.#workers.get(pod.metadata.uid ?? '')?.vanish();
  }

  #release(uid: string): void {
    const worker = this.#workers.get(uid);
    this.#workers.delete(uid);
    this.#wantRoom.delete(uid);
    this.#environment.forget(uid);
    void this.#environment.checkpoint.forget(uid);
    void this.#environment.terminationLogs?.forget(uid);
    void worker?.stop();
    // What it has given free others may wait for.
    for (const other of this.#wantRoom) this.#workers.get(other)?.roomMade();
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
