import type { ControllerDriver } from '@kubus/testkit';
import { deployments, newDeployment, templateOf, World } from '../../common/testing/world.ts';
import type { Deployment, ReplicaSet } from '../../common/types.ts';

export const annotation = (name: string) => `deployment.kubernetes.io/${name}`;
export const revision = (object: Deployment | ReplicaSet) => object.metadata.annotations?.[annotation('revision')];

/** A world with the Deployment `web` in it. */
export class DeploymentWorld extends World {
  #driver: ControllerDriver | undefined;

  /** With the ReplicaSet controller at work beside it. */
  begin(deployment = newDeployment()): void {
    this.cluster.seed(deployments, deployment);
    this.#driver = this.start('deployment');
    this.start('replicaset');
  }

  get driver(): ControllerDriver {
    if (this.#driver === undefined) throw new Error('the controller has not been started');
    return this.#driver;
  }

  status() {
    return this.deployment().status;
  }

  conditionOf(type: string) {
    return this.status()?.conditions?.find((condition) => condition.type === type);
  }

  sizes() {
    return this.replicaSets().map((rs) => rs.spec.replicas);
  }

  setImage(image: string) {
    return this.edit((d) => Object.assign(d.spec, { template: templateOf(image) }));
  }

  /** One look of the Deployment controller alone, with whatever its ReplicaSets say now. */
  look(): Promise<number> {
    return this.driver.settle();
  }
}
