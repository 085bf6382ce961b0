import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { explain } from './explain.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'kubus-clumsy-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
writeFileSync(join(dir, 'file'), 'apiVersion: v1');

const failure = (properties: object) => Object.assign(new Error('failed'), properties);

describe('what the system refuses is said in a line', () => {
  it.each([
    [{ code: 'ENOSPC' }, 'the disk is full; make room and run this again (ENOSPC)'],
    [{ code: 'EROFS', path: '/k' }, '/k: the file system is read-only; name another folder with --dir (EROFS)'],
    [
      { code: 'EADDRINUSE', address: '0.0.0.0', port: 6443 },
      '0.0.0.0:6443: another program listens there (EADDRINUSE)',
    ],
  ])('%j', (properties, line) => {
    expect(explain(failure(properties))).toBe(line);
  });

  it('but for a fault of the program, whose stack is wanted', () => {
    expect(explain(new TypeError('x is not a function'))).toBeUndefined();
  });
});

describe('a command that cannot be done says so in a line, and leaves nothing behind', () => {
  it.each([
    ['no such command', ['upp'], {}, "no command 'upp'"],
    ['an unknown option', ['up', '--node', '3'], {}, "Unknown option '--node'"],
    ['a number that is none', ['up', '--nodes', 'two'], {}, "--nodes takes a whole number from 1 to 10000, not 'two'"],
    ['a runtime that is none', ['up', '--runtime', 'podman'], {}, "--runtime is docker or sim, not 'podman'"],
    ['a folder that is a file', ['up', '--dir', join(dir, 'file')], {}, 'file/cluster.json: a part of it is no folder'],
    [
      'an engine without an address',
      ['up'],
      { DOCKER_HOST: 'docker' },
      'DOCKER_HOST is to be unix://PATH or tcp://HOST:PORT',
    ],
    ['an engine that is not there', ['up'], { DOCKER_HOST: 'unix:///nowhere' }, '/nowhere (ENOENT). Start Docker'],
    ['a cluster that is not there', ['nodes'], {}, 'start one with: npm start'],
    ['a manifest that is a folder', ['publish', '-f', dir, '--set', 'a.b'], {}, 'cannot be read (EISDIR)'],
    ['a manifest that is not there', ['publish', '-f', 'none.yaml', '--set', 'a.b'], {}, 'none.yaml does not exist'],
    ['a set without a namespace', ['unpublish', '--set', 'web'], {}, '--set takes <namespace>.<name>'],
    ['a port that is none', ['gateway', '--to', 'api:70000'], {}, "--to takes HOST:PORT, not 'api:70000'"],
    [
      'an address of another machine',
      ['gateway', '--to', 'api:1', '--listen', '192.0.2.1:80'],
      {},
      'this machine has no such address',
    ],
  ])('%s', (_, args, env, line) => {
    const options = { cwd: dir, env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' } as const;
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, ...args],
      options,
    );
    expect(status).toBeGreaterThan(0);
    expect(stderr.split('\n')[0]).toContain(line);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(readdirSync(dir)).toEqual(['file']);
  });
});
