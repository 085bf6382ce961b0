import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface MountEntry {
  target: string;
  type: string;
  /** Mounts made elsewhere may show up here. */
  receives: boolean;
}

/** Mounts at and below a folder, the deepest first. */
export async function mountsBelow(dir: string): Promise<MountEntry[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return parseMountInfo(text)
    .filter(({ target }) => target === dir || target.startsWith(`${dir}/`))
    .reverse();
}

/** Whether the mount that a path is in is shared or a slave. */
export async function receivesMounts(path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => path);
  const table = parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''));
  const holding = table.filter(({ target }) => target === '/' || real === target || real.startsWith(`${target}/`));
  // The longest path holds it; of several at one place the last lies on top.
  const longest = Math.max(...holding.map(({ target }) => target.length));
  return holding.findLast(({ target }) => target.length === longest)?.receives ?? false;
}

/** In the order of the kernel's table: a mount comes after what it is mounted on. */
function parseMountInfo(text: string): MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , , target, , ...tags] = left.split(' ');
    return target === undefined
      ? []
      : [
          {
            target: unescapePath(target),
            type: right.split(' ')[0] ?? '',
            receives: tags.some((tag) => /^(shared|master):/.test(tag)),
          },
        ];
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

export async function mountHugePages(target: string, pageBytes: number): Promise<void> {
  await run('mount', ['-t', 'hugetlbfs', '-o', `pagesize=${pageBytes}`, 'none', target]);
}

/** `source` may be a link of /proc to an open file: it is not looked up by name. */
export async function mountBind(source: string, target: string): Promise<void> {
  await run('mount', ['--no-canonicalize', '--bind', source, target]);
}

export async function unmount(target: string): Promise<void> {
  await run('umount', [target]);
}
