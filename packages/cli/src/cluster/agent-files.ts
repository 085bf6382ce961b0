import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** As in the settings of node-agent. */
const memoryDir = () => process.env['KUBUS_MEMORY_DIR'] ?? '/dev/shm/kubus';

/** Removes the volumes that agents of the cluster left in memory, and takes down what they mounted below these folders or `root`: removing a folder must never reach into a mount. */
export async function removeAgentFiles(root: string, cluster: string): Promise<void> {
  const inMemory = join(memoryDir(), cluster);
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const targets = table.split('\n').map((line) => line.split(' ')[4] ?? '');
  // What was mounted last lies on top.
  for (const target of targets.reverse())
    if ([root, inMemory].some((dir) => target.startsWith(`${dir}/`))) await exec('umount', [target]);
  await rm(inMemory, { recursive: true, force: true });
}
