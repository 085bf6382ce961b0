import { eventually, startNats, type TestServer } from '@kubus/testkit';
import { connect, type NatsConnection } from 'nats';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changeStream, formatChangeSubject } from '../changelog/index.ts';
import { formatConsumerName, JetStreamFeed } from './jetstream-feed.ts';
import { silentLog } from './log.ts';

const deployments = { group: 'apps', resource: 'deployments' };
const pods = { group: '', resource: 'pods' };

let server: TestServer;
let nc: NatsConnection;
const following: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  server = await startNats();
  nc = await connect({ servers: server.url });
  await (await nc.jetstreamManager()).streams.add({ name: changeStream, subjects: ['kubus.changes.>'] });
});
afterEach(async () => {
  await Promise.all(following.splice(0).map((one) => one.stop()));
  await nc.close();
  await server.stop();
});

interface Heard {
  revisions: number[];
  gaps: number;
}

async function follow(audience: string[]): Promise<Heard> {
  const heard: Heard = { revisions: [], gaps: 0 };
  const feed = new JetStreamFeed({ connection: nc, service: 'test', log: silentLog, retryMs: 20 });
  following.push(
    await feed.follow([{ resource: deployments, audience }], {
      onChanges: async (changes) => {
        heard.revisions.push(...changes.map((change) => change.revision));
      },
      onGap: () => heard.gaps++,
    }),
  );
  return heard;
}

async function publish(
  resource: typeof pods,
  name: string,
  revision: number,
  object: object | undefined = {},
): Promise<void> {
  const subject = formatChangeSubject({ ...resource, namespace: 'a', name });
  const body = { type: 'updated', revision, previousRevision: 0, commit: 'c', object };
  await nc.jetstream().publish(subject, JSON.stringify(body));
}

it('delivers the changes of a resource, and says that it knows nothing of the time before', async () => {
  const heard = await follow(['deployment']);
  expect(heard.gaps).toBe(1);
  await publish(deployments, 'x', 1);
  await publish(pods, 'x', 2);
  await publish(deployments, 'y', 3);
  await eventually(() => expect(heard.revisions).toEqual([1, 3]));
});

it('shares changes among replicas of the same controllers, not with those of others', async () => {
  const one = await follow(['a', 'b']);
  const two = await follow(['b', 'a']);
  const other = await follow(['a']);
  for (let i = 1; i <= 20; i++) await publish(deployments, `d${i}`, i);
  await eventually(() => expect(other.revisions).toHaveLength(20));
  await eventually(() => expect(one.revisions.length + two.revisions.length).toBe(20));
});

it('tells of a gap when a change was too large for the bus to carry its object', async () => {
  const heard = await follow(['deployment']);
  const subject = formatChangeSubject({ ...deployments, namespace: 'a', name: 'x' });
  await nc
    .jetstream()
    .publish(subject, JSON.stringify({ type: 'updated', revision: 1, previousRevision: 0, commit: 'c' }));
  await eventually(() => expect(heard.gaps).toBe(2));
});

it('names consumers so that NATS takes them', () => {
  expect(formatConsumerName('controller-manager', { resource: deployments, audience: ['x'] })).toBe(
    'controller-manager_deployments_apps_2d711642',
  );
});
