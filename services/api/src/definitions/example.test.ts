import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi, type TestApi } from '../testing/start-api.ts';

const example = (file: string): string => fileURLToPath(new URL(`../../../../examples/crd/${file}`, import.meta.url));

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  await kubectl('apply', '-f', example('definition.yaml'));
  await kubectl('wait', '--for=condition=Established', 'crd/backups.shop.example.com', '--timeout=60s');
  await kubectl('apply', '-f', example('backup.yaml'));
});
afterAll(() => api?.stop());

async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl.run(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const refusal = async (spec: object): Promise<string> =>
  (await api.kubectl.run(['patch', 'bk', 'nightly', '--type=merge', '-p', JSON.stringify({ spec })])).stderr;

it('prints what the definition asks for', async () => {
  expect(await kubectl('get', 'bk')).toMatch(
    /^NAME +SCHEDULE +TARGET +PHASE +AGE\nnightly +0 3 \* \* \* +s3:\/\/shop\/nightly +\d+s\n$/,
  );
  expect(await kubectl('get', 'all')).toContain('backup.shop.example.com/nightly');
  expect(await kubectl('get', 'bk', '--field-selector=spec.target=s3://other')).toBe('');
  expect(await kubectl('explain', 'backup.spec.keep')).toMatch(/FIELD: keep <Object>[\s\S]*daily\s+<integer>/);
});

it('refuses what the rules forbid, in their words', async () => {
  expect(await refusal({ schedule: 'daily' })).toContain(
    'spec.schedule: Invalid value: "daily": a schedule has five fields, not 1',
  );
  expect(await refusal({ target: 's3://elsewhere' })).toContain('spec.target: Forbidden: a backup stays where it is');
  expect(await refusal({ keep: { daily: 0, weekly: 0 } })).toContain(
    'spec: Invalid value: at least one backup must be kept',
  );
});

it('applies once more without a change, on the server too', async () => {
  expect(await kubectl('apply', '-f', example('backup.yaml'))).toBe('backup.shop.example.com/nightly unchanged\n');
  expect(await kubectl('diff', '-f', example('backup.yaml'))).toBe('');
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', example('backup.yaml'));
});

it('is told that nobody converts while the webhook is not there', async () => {
  const { stderr } = await api.kubectl.run(['get', 'backups.v1beta1.shop.example.com', 'nightly']);
  expect(stderr).toContain('conversion webhook for shop.example.com/v1, Kind=Backup failed');
});
