import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiClient, BusApiClient, connectBus } from '@kubus/shared/bus';
import type { HealthReport } from '@kubus/shared/lifecycle';
import { headers, type NatsConnection, RequestStrategy } from 'nats';
import { isMissing, type Layout, readRecord } from './layout.ts';
import { MissingPrerequisite } from './prerequisites.ts';
import { natsAddress, type ServerAddress } from './servers.ts';

const identity = { kind: 'user', name: 'admin' } as const;

/** The bus as the cluster's operator sees it. */
export interface Connection {
  nats: NatsConnection;
  api: ApiClient;
  /** Health of every instance of every service that answers within the time (milliseconds). */
  health(waitMs?: number): Promise<HealthReport[]>;
  close(): Promise<void>;
}

/** Connects to the cluster of a folder; NATS_URL and KUBUS_NATS_CREDS name another one. */
export async function connectToCluster(layout: Layout, options: { wait?: boolean } = {}): Promise<Connection> {
  const { servers, address, creds } = await whereTo(layout);
  const nats = await connectBus({ servers, creds, identity, waitForServer: options.wait ?? false }).catch((cause) => {
    throw new MissingPrerequisite(`${address.text} cannot be reached: is the cluster running? (npm start)`, { cause });
  });
  const api = new BusApiClient({ connection: nats, identity });
  return { nats, api, health: (waitMs = 1_000) => askHealth(nats, waitMs), close: () => nats.close() };
}

async function whereTo(layout: Layout): Promise<{ servers: string; address: ServerAddress; creds: string }> {
  const record = await readRecord(layout);
  const servers = process.env['NATS_URL'] ?? (record === undefined ? undefined : `nats://127.0.0.1:${record.natsPort}`);
  const file = process.env['KUBUS_NATS_CREDS'] ?? join(layout.state, 'cli', 'nats.creds');
  if (servers === undefined) {
    throw new MissingPrerequisite(`there is no cluster in ${layout.root}; start one with: npm start`);
  }
  try {
    return { servers, address: natsAddress(record), creds: await readFile(file, 'utf8') };
  } catch (error) {
    if (isMissing(error)) throw new MissingPrerequisite(`the credentials ${file} do not exist`);
    throw error;
  }
}

async function askHealth(nats: NatsConnection, waitMs: number): Promise<HealthReport[]> {
  const answers = await nats.requestMany('kubus.health', '', {
    strategy: RequestStrategy.Timer,
    maxWait: waitMs,
    headers: headers(),
  });
  const reports: HealthReport[] = [];
  for await (const answer of answers) reports.push(answer.json<HealthReport>());
  return reports.sort((a, b) => a.service.localeCompare(b.service) || a.instance.localeCompare(b.instance));
}
