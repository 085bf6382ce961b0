import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../testing/start-api.ts';

// What the conformance suite does with the kubectl binary and needs no node for.

const descriptions = new URL('../../../../scripts/descriptions.mjs', import.meta.url);

let api: TestApi;
beforeAll(async () => {
  // What kubectl explain says: made when the project is installed.
  await import(descriptions.href).then(({ generateDescriptions }) => generateDescriptions());
  api = await startApi();
});
afterAll(() => api?.stop());

async function kubectl(command: string, input?: object): Promise<string> {
  const options = input === undefined ? {} : { input: JSON.stringify(input) };
  const { code, stdout, stderr } = await api.kubectl.run(command.split(' '), options);
  if (code !== 0) throw new Error(`kubectl ${command}: ${code}\n${stdout}${stderr}`);
  return stdout;
}

it('kubectl api-versions names v1', async () => expect((await kubectl('api-versions')).split('\n')).toContain('v1'));

it('kubectl cluster-info says where the control plane is', async () => {
  expect(await kubectl('cluster-info')).toContain('Kubernetes control plane');
});

it('kubectl version tells of the client and the server', async () => {
  const said = JSON.parse(await kubectl('version -o json'));
  for (const one of [said.clientVersion, said.serverVersion]) {
    expect(one).toMatchObject({
      major: '1',
      minor: expect.stringMatching(/^\d+/),
      gitVersion: expect.stringMatching(/^v1\./),
    });
  }
});

it('kubectl diff finds a difference, and writes nothing', async () => {
  const deployment = (image: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'differs', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'x' } },
      template: { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'main', image }] } },
    },
  });
  await kubectl('create -f -', deployment('one:1'));
  const { code, stdout } = await api.kubectl.run(['diff', '-f', '-'], { input: JSON.stringify(deployment('two:2')) });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^-.*image: one:1$/m);
  expect(stdout).toMatch(/^\+.*image: two:2$/m);
  expect(await kubectl('get deployment differs -o jsonpath={..image}')).toBe('one:1');
});

it('kubectl diff tells that a Secret differs, and nothing of what is in it', async () => {
  const secret = (text: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'differs', namespace: 'default' },
    data: { key: Buffer.from(text).toString('base64') },
  });
  await kubectl('create -f -', secret('one'));
  const { code, stdout } = await api.kubectl.run(['diff', '-f', '-'], { input: JSON.stringify(secret('two')) });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^-.*key: '\*+ \(before\)'$/m);
  expect(stdout).not.toContain(secret('one').data.key);
  expect(stdout).not.toContain(secret('two').data.key);
});

describe('kubectl proxy', () => {
  /** Runs while `use` does; gives it what kubectl said first. */
  async function proxy(flag: string, use: (said: string) => Promise<void>): Promise<void> {
    const child = spawn('kubectl-1.36', ['proxy', flag, `--kubeconfig=${api.kubeconfig}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      await use(said.toString());
    } finally {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    }
  }

  const get = (at: object): Promise<string> =>
    new Promise((resolve, reject) => {
      const sent = request({ ...at, path: '/api/', agent: false }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve(text);
      });
      sent.on('error', reject);
      sent.end();
    });

  it('listens on a port that is free where it is told 0', async () => {
    await proxy('--port=0', async (said) => {
      const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      expect(JSON.parse(await get({ host: '127.0.0.1', port }))).toMatchObject({
        kind: 'APIVersions',
        versions: ['v1'],
      });
    });
  });

  it('listens on a socket', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'kubus-proxy-'));
    try {
      const socketPath = join(dir, 'sock');
      await proxy(`--unix-socket=${socketPath}`, async () => {
        expect(JSON.parse(await get({ socketPath }))).toMatchObject({ kind: 'APIVersions' });
      });
    } finally {
      await rm(dir, { recursive: true, force: true, maxRetries: 10 });
    }
  });
});

describe('kubectl and definitions', () => {
  const text = { type: 'string' };
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const strict = {
    type: 'object',
    description: 'Foo CRD for Testing',
    properties: {
      spec: {
        type: 'object',
        description: 'Specification of Foo',
        properties: {
          bars: {
            type: 'array',
            description: 'List of Bars and their specs.',
            items: {
              type: 'object',
              required: ['name'],
              properties: {
                name: { type: 'string', description: 'Name of Bar.' },
                bazs: { type: 'array', items: { type: 'string' }, description: 'List of Bazs.' },
              },
            },
          },
        },
      },
    },
  };
  const nested = {
    type: 'object',
    description: 'Has anything inside',
    properties: { spec: { ...anything, properties: { known: text }, description: 'Whatever is wanted' } },
  };
  const object = (kind: string, spec: object) => ({
    apiVersion: 'k.example.com/v1',
    kind,
    metadata: { name: kind.toLowerCase(), namespace: 'default' },
    spec,
  });

  async function define(kind: string, schema: object): Promise<void> {
    const plural = `${kind.toLowerCase()}s`;
    await kubectl('create -f -', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.k.example.com` },
      spec: {
        group: 'k.example.com',
        scope: 'Namespaced',
        names: { plural, singular: kind.toLowerCase(), kind },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    });
    await eventually(async () => expect(await kubectl(`explain ${plural}`)).toContain(`KIND:       ${kind}`));
  }

  it('with a schema: takes what it knows, refuses the rest, explains all of it', async () => {
    await define('Foo', strict);
    await kubectl('apply -f -', object('Foo', { bars: [{ name: 'test-bar', bazs: ['a'] }] }));
    await kubectl('apply -f -', object('Foo', { bars: [{ name: 'test-bar' }] }));
    expect(JSON.parse(await kubectl('get foo foo -o json')).spec).toEqual({ bars: [{ name: 'test-bar' }] });
    await kubectl('delete -f -', object('Foo', {}));
    const refused = async (spec: object) =>
      (await api.kubectl.run(['create', '-f', '-'], { input: JSON.stringify(object('Foo', spec)) })).stderr;
    expect(await refused({ bars: [{ name: 'x' }], unknown: true })).toContain('unknown field "spec.unknown"');
    expect(await refused({ bars: [{ bazs: ['a'] }] })).toMatch(
      /missing required field "name"|spec.bars\[0\].name: Required value/,
    );
    expect(await kubectl('explain foo')).toMatch(
      /DESCRIPTION:.*Foo CRD for Testing.*FIELDS:.*apiVersion.*<string>.*APIVersion defines.*spec.*<Object>.*Specification of Foo/s,
    );
    expect(await kubectl('explain foo.metadata')).toMatch(
      /DESCRIPTION:.*Standard object's metadata.*FIELDS:.*creationTimestamp.*<string>.*CreationTimestamp is a timestamp/s,
    );
    expect(await kubectl('explain foo.spec')).toMatch(
      /DESCRIPTION:.*Specification of Foo.*FIELDS:.*bars.*<\[\]Object>.*List of Bars and their specs/s,
    );
    expect(await kubectl('explain foo.spec.bars')).toMatch(
      /FIELD:.*bars.*<\[\]Object>.*DESCRIPTION:.*List of Bars and their specs.*FIELDS:.*bazs.*<\[\]string>.*List of Bazs.*name.*<string>.*Name of Bar/s,
    );
    const unknown = await api.kubectl.run(['explain', 'foo.spec.bars2'], {});
    expect(unknown.stderr).toContain('field "bars2" does not exist');
  });

  it('without one: takes anything, and has something to explain', async () => {
    await define('Loose', { ...anything, properties: {} });
    await kubectl('apply -f -', object('Loose', { a: { b: [1, 'c'] } }));
    await kubectl('apply -f -', object('Loose', { other: true }));
    await kubectl('delete -f -', object('Loose', {}));
    expect(await kubectl('explain loose')).toMatch(/DESCRIPTION:.*<empty>/s);
  });

  it('that keeps what it does not know at its root, or in a part', async () => {
    await define('Root', { ...anything, properties: { known: text } });
    await define('Nested', nested);
    for (const kind of ['Root', 'Nested']) {
      const some = object(kind, { a: null, b: [{ c: 'd' }] });
      // The older one checks by itself, by what is published.
      const older = { input: JSON.stringify(some), binary: 'kubectl-1.20' };
      expect(await api.kubectl.run(['create', '-f', '-', '--dry-run=client'], older)).toMatchObject({ code: 0 });
      await kubectl('apply -f -', some);
      expect(JSON.parse(await kubectl(`get ${kind.toLowerCase()} ${kind.toLowerCase()} -o json`)).spec.b).toEqual([
        { c: 'd' },
      ]);
      await kubectl('delete -f -', object(kind, {}));
    }
    expect(await kubectl('explain nested.spec')).toContain('Whatever is wanted');
  });
});
