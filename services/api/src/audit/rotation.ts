import { readdir, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

/** What is kept of the files that were full. */
export interface Retention {
  /** So many of them, the latest; absent: all. */
  maxBackups?: number;
  /** Those of so many milliseconds; absent: all. */
  maxAgeMs?: number;
}

/** 'audit.log' of a moment is 'audit-2026-01-02T03-04-05.678.log', as Kubernetes' users know it (lumberjack). */
export function rotatedName(path: string, at: Date): string {
  const { stem, extension } = parts(path);
  return join(dirname(path), `${stem}-${at.toISOString().slice(0, -1).replaceAll(':', '-')}${extension}`);
}

/** Of the names in the file's folder, those of files that were full and are to go. */
export function expired(
  path: string,
  names: readonly string[],
  { maxBackups, maxAgeMs }: Retention,
  now: Date,
): string[] {
  const backups = names
    .flatMap((name) => {
      const at = timeOf(path, name);
      return at === undefined ? [] : [{ name, at }];
    })
    .sort((a, b) => b.at - a.at);
  const oldest = now.getTime() - (maxAgeMs ?? Number.POSITIVE_INFINITY);
  return backups.filter(({ at }, i) => i >= (maxBackups ?? backups.length) || at < oldest).map(({ name }) => name);
}

/** Removes what is to go. */
export async function sweep(path: string, retention: Retention, now: Date): Promise<void> {
  if (retention.maxBackups === undefined && retention.maxAgeMs === undefined) return;
  const folder = dirname(path);
  for (const name of expired(path, await readdir(folder), retention, now)) await unlink(join(folder, name));
}

function timeOf(path: string, name: string): number | undefined {
  const { stem, extension } = parts(path);
  if (!name.startsWith(`${stem}-`) || !name.endsWith(extension)) return undefined;
  const text = name.slice(stem.length + 1, extension === '' ? undefined : -extension.length);
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2}\.\d{3})$/.exec(text);
  const at = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}:${match[3]}:${match[4]}Z`);
  return Number.isNaN(at) ? undefined : at;
}

function parts(path: string): { stem: string; extension: string } {
  const extension = extname(path);
  return { stem: basename(path, extension), extension };
}
