import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface MountEntry {
  target: string;
  type: string;
}

/** Mounts at and below a folder, the deepest first. */
export async function mountsBelow(dir: string): Promise<MountEntry[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return parseMountInfo(text)
    .filter(({ target }) => target === dir || target.startsWith(`${dir}/`))
    .reverse();
}

/** In the order of the kernel's table: a mount comes after what it is mounted on. */
export function parseMountInfo(text: string): MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const target = left.split(' ')[4];
    return target === undefined ? [] : [{ target: unescapePath(target), type: right.split(' ')[0] ?? '' }];
  });
}

/** The kernel writes blanks and the like as octal numbers. */
const unescapePath = (path: string) =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));

export async function mountTmpfs(
  target: string,
  { sizeBytes, mode }: { sizeBytes?: number; mode: number },
): Promise<void> {
  const options = [`mode=${mode.toString(8)}`, ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`])];
  await run('mount', ['-t', 'tmpfs', '-o', options.join(','), 'tmpfs', target]);
}

/** `source` may be a link of /proc to an open file: it is not looked up by name. */
export async function mountBind(source: string, target: string): Promise<void> {
  await run('mount', ['--no-canonicalize', '--bind', source, target]);
}

export async function unmount(target: string): Promise<void> {
  await run('umount', [target]);
}
