import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse, UsageError, wholeNumber } from '../arguments.ts';
import { connectToCluster } from '../cluster/connection.ts';
import { checkKey, openBuckets, type SetOutcome, waitForOutcome } from '../cluster/desired-sets.ts';
import { isMissing, layoutOf } from '../cluster/layout.ts';
import type { Progress } from '../cluster/progress.ts';
import type { Command } from './index.ts';

/** `kubus publish`: puts a manifest into the bucket of desired sets and waits for what the cluster makes of it. */
export const publish: Command = {
  summary: 'publish a manifest as a desired set',
  usage: 'kubus publish -f FILE|- --set NAMESPACE.NAME [--timeout SECONDS] [--no-wait] [--dir DIR]',
  async run(args, { progress }) {
    const { values } = parse(args, {
      filename: { type: 'string', short: 'f' },
      set: { type: 'string' },
      timeout: { type: 'string', default: '60' },
      'no-wait': { type: 'boolean', default: false },
      dir: { type: 'string', default: '.kubus' },
    });
    const key = checkKey(values.set);
    const manifest = await readManifest(values.filename);
    const timeoutMs = wholeNumber('timeout', values.timeout, 1, 3600) * 1000;
    const connection = await connectToCluster(layoutOf(resolve(values.dir)));
    try {
      const { desired, status } = await openBuckets(connection.nats);
      const revision = await desired.put(key, manifest);
      progress.line(`published ${key} at revision ${revision}`);
      if (values['no-wait']) return 0;
      return report(await waitForOutcome(status, key, revision, timeoutMs), key, progress);
    } finally {
      await connection.close();
    }
  },
};

async function readManifest(file: string | undefined): Promise<Uint8Array> {
  if (file === undefined) throw new UsageError('-f names the manifest; - reads standard input');
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file);
  } catch (error) {
    if (isMissing(error)) throw new UsageError(`${file} does not exist`);
    throw new UsageError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function report(outcome: SetOutcome | undefined, key: string, progress: Progress): number {
  if (outcome === undefined) {
    process.stderr.write(`kubus: no outcome yet; it will be written to the bucket kubus_status under ${key}\n`);
    return 1;
  }
  for (const object of outcome.objects ?? []) progress.line(`${object.kind}/${object.name} ${object.result}`);
  for (const error of outcome.errors ?? []) {
    const where = [error.object, error.document === undefined ? undefined : `document ${error.document}`].filter(
      (part) => part !== undefined,
    );
    process.stderr.write(`${where.length === 0 ? '' : `${where.join(', ')}: `}${error.message}\n`);
  }
  progress.line(`${key}: ${outcome.phase}`);
  return outcome.phase === 'Applied' ? 0 : 1;
}
