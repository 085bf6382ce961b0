import { isFree, reservePort } from '@kubus/shared/ports';

/**
 * The preferred port of the loopback when nobody uses it, else the next one above it; with `count` so many in a row, of which it gives the first. They are this
 * process's until it ends: two clusters that start at the same time never choose the same one.
 */
export async function reservePorts(preferred: number, count = 1): Promise<number> {
  for (let port = preferred; port < preferred + 200; port++) {
    if (await reserveAll(port, count, true)) return port;
  }
  throw new Error(`no free port between ${preferred} and ${preferred + 200}`);
}

/** Takes ports that were chosen before, whoever listens there. False when another process has reserved one of them. */
export function reserveAgain(port: number, count = 1): Promise<boolean> {
  return reserveAll(port, count, false);
}

async function reserveAll(first: number, count: number, unused: boolean): Promise<boolean> {
  const releases: (() => void)[] = [];
  for (let port = first; port < first + count; port++) {
    const release = await reservePort(port);
    if (release !== undefined) releases.push(release);
    if (release !== undefined && (!unused || (await isFree(port)))) continue;
    for (const release of releases) release();
    return false;
  }
  return true;
}
