import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from './contract.ts';
import { JsonLines } from './json-lines.ts';
import { expired, rotatedName } from './rotation.ts';

const day = 24 * 3600 * 1000;
const now = new Date('2026-05-06T07:08:09.123Z');
const backup = (date: string) => `audit-2026-${date}T00-00-00.000.log`;

describe('of the files that were full', () => {
  const names = [
    backup('05-05'),
    backup('04-01'),
    backup('05-04'),
    'audit.log',
    'audit-x.log',
    'other',
    'audit-2026-99-99T00-00-00.000.log',
  ];
  it.each([
    ['all stay', {}, []],
    ['the latest stay', { maxBackups: 1 }, [backup('05-04'), backup('04-01')]],
    ['those of some days stay', { maxAgeMs: 30 * day }, [backup('04-01')]],
    ['those that pass either rule stay', { maxBackups: 2, maxAgeMs: 2 * day }, [backup('05-04'), backup('04-01')]],
  ] as const)('%s', (_, retention, gone) => {
    expect(expired('/var/log/audit.log', names, retention, now)).toEqual(gone);
  });

  it('each has the time when it was full in its name', () => {
    expect(rotatedName('/var/log/audit.log', now)).toBe('/var/log/audit-2026-05-06T07-08-09.123.log');
    expect(rotatedName('audit', now)).toBe('audit-2026-05-06T07-08-09.123');
  });
});

describe('a file of audit events', () => {
  let dir: string;
  let path: string;
  const errors: unknown[] = [];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'kubus-audit-'));
    path = join(dir, 'audit.log');
    errors.length = 0;
  });
  afterEach(() => rm(dir, { recursive: true }));

  const event = (json: string) => ({ json }) as AuditEvent;
  const onError = (error: unknown) => errors.push(error);
  const open = (clock: { time: number }, more: object = {}) =>
    new JsonLines({ path, maxSize: 8, now: () => new Date(clock.time), onError, ...more });

  it('is put aside when it is full, and nothing is lost or written twice', async () => {
    const clock = { time: now.getTime() };
    const lines = open(clock);
    for (const text of ['one', 'two', 'three', 'longer than a file', 'end']) {
      expect(lines.write(event(text))).toBe(true);
    }
    await lines.stop();
    const names = (await readdir(dir)).sort();
    const files = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
    expect(files).toEqual(['one\ntwo\n', 'three\n', 'longer than a file\n', 'end\n']);
    expect(names.at(-1)).toBe('audit.log');
    expect(errors).toEqual([]);
  });

  it('goes on where another process left off, and keeps as many as it is told', async () => {
    await writeFile(path, 'before\n');
    const clock = { time: now.getTime() };
    const lines = open(clock, { retention: { maxBackups: 1 } });
    for (const text of ['one', 'two', 'three']) {
      lines.write(event(text));
      clock.time += 1000;
    }
    await lines.stop();
    await eventually(async () => expect(await readdir(dir)).toHaveLength(2));
    expect(await readFile(path, 'utf8')).toBe('three\n');
  });

  it('grows on while it cannot be put aside', async () => {
    const clock = { time: now.getTime() };
    const lines = open(clock);
    lines.write(event('one'));
    await eventually(async () => expect(await readFile(path, 'utf8')).toBe('one\n'));
    await rm(path);
    expect(lines.write(event('two more'))).toBe(true);
    expect(errors).toHaveLength(1);
    await lines.stop();
  });
});
