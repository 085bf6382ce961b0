import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from '../arguments.ts';
import { removeAgentFiles } from '../cluster/agent-files.ts';
import { type ClusterRecord, layoutOf, readRecord, recordName } from '../cluster/layout.ts';
import { MissingPrerequisite, pingDocker } from '../cluster/prerequisites.ts';
import type { Progress } from '../cluster/progress.ts';
import { endLeftovers, livingPid, processStart } from '../cluster/supervisor.ts';
import type { Command } from './index.ts';

const exec = promisify(execFile);

/** `kubus down`: stops the cluster of a folder; with --purge also removes its containers, networks and state. */
export const down: Command = {
  summary: 'stop the local cluster (--purge: and remove its pods and state)',
  usage: 'kubus down [--purge] [--dir DIR]',
  async run(args, { progress }) {
    const { values } = parse(args, {
      dir: { type: 'string', default: '.kubus' },
      purge: { type: 'boolean', default: false },
    });
    const layout = layoutOf(resolve(values.dir));
    const record = await readRecord(layout);
    if (record === undefined) {
      progress.line(`There is no cluster in ${layout.root}.`);
      return 0;
    }
    const running = await livingPid(join(layout.run, 'kubus.pid'));
    if (running !== undefined) {
      const stopping = progress.step('stopping the services');
      await stopAndWait(running);
      stopping();
    }
    await endLeftovers(layout, 'kubus.pid');
    if (values.purge) {
      await removeFromDocker(record, progress);
      await removeAgentFiles(layout.root, record.name);
      await removeFolder(layout.root);
      progress.line(`Removed ${layout.root}.`);
    }
    return 0;
  },
};

/** The record goes last: what was interrupted can be done again. */
async function removeFolder(root: string): Promise<void> {
  const remove = (path: string) => rm(path, { recursive: true, force: true, maxRetries: 10 });
  for (const name of await readdir(root)) if (name !== recordName) await remove(join(root, name));
  await remove(root);
}

/** `kubus up` stops its children itself when it is interrupted. */
async function stopAndWait(pid: number): Promise<void> {
  const start = processStart(pid);
  process.kill(pid, 'SIGTERM');
  while (processStart(pid) === start) await new Promise((done) => setTimeout(done, 100));
}

async function removeFromDocker(record: ClusterRecord, progress: Progress): Promise<void> {
  if (record.runtime !== 'docker') return;
  const problem = await pingDocker();
  if (problem !== undefined)
    throw new MissingPrerequisite(
      `Docker cannot be reached (${problem}), so the containers of this cluster cannot be removed: start Docker and run this again`,
    );
  const filter = ['--filter', `label=kubus.io/cluster=${record.name}`];
  const containers = await ids('ps', '-aq', ...filter);
  if (containers.length > 0) {
    const removing = progress.step(`removing ${containers.length} containers`);
    await exec('docker', ['rm', '-f', '-v', ...containers]);
    removing();
  }
  const networks = await ids('network', 'ls', '-q', ...filter);
  if (networks.length > 0) await exec('docker', ['network', 'rm', ...networks]);
  const volumes = await ids('volume', 'ls', '-q', ...filter);
  if (volumes.length > 0) await exec('docker', ['volume', 'rm', '-f', ...volumes]);
}

async function ids(...args: string[]): Promise<string[]> {
  const { stdout } = await exec('docker', args);
  return stdout.split('\n').filter((id) => id !== '');
}
