import type { FlowSchema } from '@kubus/shared/schema';
import { ControllerDriver } from '@kubus/testkit';
import { expect, it } from 'vitest';
import { World } from '../common/testing/world.ts';
import { flowSchemas } from './execute.ts';
import { createFlowSchemaController } from './index.ts';

const levels = { ...flowSchemas, resource: 'prioritylevelconfigurations' };
const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';

it('says whether the priority level of a flow schema is there, and says it once', async () => {
  const world = new World();
  const driver = new ControllerDriver(createFlowSchemaController(world.context), world.cluster);
  const condition = () => {
    const { status } = world.cluster.get<FlowSchema>(flowSchemas).get('', 'mine') ?? {};
    return status?.conditions?.map(({ type, status: value, reason }) => `${type}=${value} ${reason}`);
  };
  const spec = { matchingPrecedence: 100, priorityLevelConfiguration: { name: 'level' } };
  world.cluster.seed(flowSchemas, { apiVersion, kind: 'FlowSchema', metadata: { name: 'mine' }, spec } as FlowSchema);
  await driver.settle();
  expect(condition()).toEqual(['Dangling=True NotFound']);
  world.cluster.seed(levels, { apiVersion, kind: 'PriorityLevelConfiguration', metadata: { name: 'level' } });
  await driver.settle();
  expect(condition()).toEqual(['Dangling=False Found']);
  const writes = world.cluster.requests.length;
  await driver.settle();
  expect(world.cluster.requests).toHaveLength(writes);
});
