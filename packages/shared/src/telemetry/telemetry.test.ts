import { startNats } from '@kubus/testkit';
import { expect, it } from 'vitest';
import { connectBus } from '../bus/index.ts';
import { StatusError } from '../errors/index.ts';
import { Counter, createLogger, createMetrics, serveMetrics } from './index.ts';

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLogger({ service: 'api', instance: 'i1', destination: { write: (line) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line));
}

it('logs uniform lines', () => {
  const [line] = logged((log) => log.info({ kind: 'Pod', namespace: 'default', name: 'x' }, 'Bound'));
  expect(line).toMatchObject({
    level: 'info',
    service: 'api',
    instance: 'i1',
    kind: 'Pod',
    namespace: 'default',
    name: 'x',
    msg: 'Bound',
  });
  expect(line?.['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
});

it('writes no secrets, wherever they stand', () => {
  const secret = 's3cr3t';
  const lines = logged((log) => {
    log.info(
      { token: secret, options: { password: secret, deeper: { seed: secret } }, headers: { authorization: secret } },
      'x',
    );
    log.child({ redisUrl: secret }).warn({ creds: secret }, 'y');
    log.error(
      { err: Object.assign(new Error(`cannot reach redis://api:${secret}@host:1`), { request: { secret } }) },
      'z',
    );
  });
  expect(lines).toHaveLength(3);
  expect(JSON.stringify(lines)).not.toContain(secret);
});

it('names the reason of an error', () => {
  const [line] = logged((log) => log.error({ err: new StatusError('Conflict', 'busy') }, 'x'));
  expect(line?.['err']).toMatchObject({ type: 'StatusError', reason: 'Conflict', code: 409, message: 'busy' });
});

it('answers for its metrics on the bus, each service for itself', async () => {
  const server = await startNats();
  const nc = await connectBus({ servers: server.url, identity: { kind: 'service', name: 'scheduler' } });
  const registries = ['one', 'two'].map((instance) => ({
    instance,
    registry: createMetrics({ service: 'scheduler', instance, process: false }),
  }));
  for (const { instance, registry } of registries) {
    new Counter({ name: 'scheduled_total', help: 'x', registers: [registry] }).inc();
    serveMetrics(nc, registry, { service: 'scheduler', instance });
  }
  const text = (await nc.request('kubus.metrics.scheduler.two')).string();
  expect(text).toContain('scheduled_total{service="scheduler",instance="two"} 1');
  await nc.close();
  await server.stop();
});
