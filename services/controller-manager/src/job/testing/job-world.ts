import { ControllerDriver } from '@kubus/testkit';
import { pods, World } from '../../common/testing/world.ts';
import type { Pod } from '../../common/types.ts';
import { createJobController } from '../index.ts';
import { completionIndex, isTracked } from '../pods.ts';
import { type Job, type JobStatus, jobs } from '../types.ts';

/** A cluster in memory with the Job controller alone, and hands to play the agents with. */
export class JobWorld extends World {
  driver = new ControllerDriver(createJobController(this.context), this.cluster);

  /** A successor of the controller after a crash. */
  restart(): void {
    this.driver = new ControllerDriver(createJobController(this.context), this.cluster);
  }

  /** `without`: fields that the user has left out. */
  create(spec: Partial<Job['spec']> = {}, without: (keyof Job['spec'])[] = []): Job {
    const job = newJob(spec);
    for (const field of without) delete job.spec[field];
    return this.cluster.seed(jobs, job);
  }

  override async settle(): Promise<void> {
    await this.driver.settle();
  }

  job(): Job {
    const job = this.cluster.get<Job>(jobs).get('shop', 'pi');
    if (job === undefined) throw new Error('there is no Job');
    return job;
  }

  status(): JobStatus {
    return this.job().status ?? {};
  }

  condition(type: string) {
    return this.status().conditions?.find((condition) => condition.type === type);
  }

  tracked(): Pod[] {
    return this.pods().filter(isTracked);
  }

  /** The running pod of a completion. */
  podOf(index: number): Pod {
    const pod = this.activePods().find((one) => completionIndex(one) === index);
    if (pod === undefined) throw new Error(`no pod works on ${index}`);
    return pod;
  }

  /** As a user who does not wait for its end. */
  async deletePod({ metadata: { name } }: Pod): Promise<void> {
    await this.cluster.request({ ...pods, verb: 'delete', namespace: 'shop', name });
  }

  /** All running pods end. */
  async finish(phase = 'Succeeded'): Promise<void> {
    for (const pod of this.activePods()) this.setPhase(pod, phase);
    await this.settle();
  }

  exit(pod: Pod, exitCode: number): void {
    const state = { terminated: { exitCode, finishedAt: this.cluster.clock.timestamp() } };
    const containerStatuses = [{ name: 'main', state, ready: false, restartCount: 0, image: '', imageID: '' }];
    this.put({ ...pod, status: { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses } } as Pod);
  }

  /** As a user with kubectl. */
  async change(spec: Partial<Job['spec']>): Promise<void> {
    await this.cluster.request({
      ...jobs,
      verb: 'patch',
      namespace: 'shop',
      name: 'pi',
      contentType: 'application/merge-patch+json',
      body: { spec },
    });
    await this.settle();
  }
}

export function newJob(spec: Partial<Job['spec']> = {}, name = 'pi'): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'shop' },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      selector: { matchLabels: { job: name } },
      template: {
        metadata: { labels: { job: name } },
        spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'pi' }] },
      },
      ...spec,
    },
  };
}
