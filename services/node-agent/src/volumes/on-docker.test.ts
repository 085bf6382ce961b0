import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Pod, Volume } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeApi } from '../../test/fake-api.ts';
import { ImageRegistry } from '../../test/image-registry.ts';
import { readAll } from '../../test/read-all.ts';
import { buildPod, type Rig, silent, startRig } from '../../test/rig.ts';
import { apiConfigSource } from '../config-source.ts';
import { podFiles } from '../pod-files/index.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { openVolumes } from './index.ts';
import { mountBind, mountsBelow, mountTmpfs, unmount } from './mount-table.ts';
import type { NodeVolumes } from './node-volumes.ts';

const scope = { cluster: `volumes-${process.pid}`, node: 'n1' };
/** Of this run alone: what one that was killed left on the engine has other names. */
const uidOf = (name: string) => `uid-${name}-${process.pid}`;
const docker = new Docker();
const api = new FakeApi();
let dir: string;
let memoryDir: string;
let runtime: DockerRuntime;
let volumes: NodeVolumes;
let rig: Rig;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-on-docker-'));
  memoryDir = `/dev/shm/kubus/${scope.cluster}/n1`;
  runtime = await DockerRuntime.open({ docker, scope, log: silent });
  const allocatable = { cpuMillis: 4000, memoryBytes: 8 * 2 ** 30, storageBytes: 100 * 2 ** 30 };
  volumes = await openVolumes({
    ...{ dir, memoryDir, api, log: silent, now: Date.now },
    config: apiConfigSource(api, { shareMs: 1 }),
    seesHost: true,
    files: podFiles({ clusterDns: [], clusterDomain: 'cluster.local' }),
    facts: () => ({ hostIPs: ['192.0.2.7'], allocatable }),
    engineSees: (path) => runtime.sees(path),
  });
  rig = await startRig({ runtime, api, volumes });
}, 60_000);
afterAll(async () => {
  await rig.stop();
  for (const { id } of await runtime.containers()) await runtime.remove(id);
  for (const uid of volumes.uids()) await volumes.remove(uid);
  // The engine may still be letting go of containers whose removal was under way.
  for (const network of await docker.listNetworks())
    if (network.Name === `kubus-${scope.cluster}`) await eventually(() => docker.getNetwork(network.Id).remove());
  await rm(dir, { recursive: true, force: true });
  await rm(`/dev/shm/kubus/${scope.cluster}`, { recursive: true, force: true });
}, 60_000);

type Mount = { name: string; mountPath: string; [more: string]: unknown };
const shell = (name: string, script: string, volumeMounts: Mount[], more: object = {}) => ({
  ...{ name, image: 'busybox:1.36', imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', script], volumeMounts },
  ...more,
});

/** Runs the pod to its end; gives back what its containers printed, by name. */
async function outputs(name: string, spec: Partial<NonNullable<Pod['spec']>>): Promise<Map<string, string>> {
  api.create(buildPod(name, { restartPolicy: 'Never', ...spec }, uidOf(name)));
  await eventually(() => expect(api.pod(name).status?.phase, api.events.join('\n')).toMatch('Succeeded'), 30_000);
  const printed = new Map<string, string>();
  const records = (await runtime.containers(uidOf(name))).sort((a, b) => a.attempt - b.attempt);
  for (const record of records.filter(({ container }) => container !== '')) {
    const { signal } = new AbortController();
    const logs = await runtime.logs(record.id, { follow: false, timestamps: false, signal });
    printed.set(record.container, await readAll(logs));
  }
  api.remove(name, 0);
  await eventually(() => expect(api.has(name)).toBe(false), 30_000);
  return printed;
}

it('gives the containers of a pod folders that they share, on disk and in memory, open to every user', async () => {
  const work: Volume[] = [
    { name: 'disk', emptyDir: {} },
    { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '2Mi' } },
  ];
  const mounts = [
    { name: 'disk', mountPath: '/disk' },
    { name: 'memory', mountPath: '/memory' },
  ];
  const asUser = { securityContext: { runAsUser: 1234, runAsGroup: 1234 } };
  const writes = shell('writes', 'echo one >/disk/a && echo two >/memory/b', mounts, asUser);
  const looks = 'cat /disk/a /memory/b; stat -c %a /disk /memory; stat -f -c %T /memory; df -k /memory | tail -1';
  const printed = await outputs('shared', {
    volumes: work,
    initContainers: [writes],
    containers: [shell('reads', looks, mounts)],
  });
  expect(printed.get('reads')).toMatch(/^one\ntwo\n777\n777\ntmpfs\ntmpfs +2048 /);
  await eventually(async () => expect(await mountsBelow(memoryDir)).toEqual([]));
});

it('gives a pod huge pages of the size that it asks for, open to every user', async () => {
  const pages = { 'hugepages-2Mi': '4Mi' };
  const resources = { requests: { ...pages, memory: '16Mi' }, limits: { ...pages, memory: '16Mi' } };
  const printed = await outputs('pages', {
    volumes: [{ name: 'pages', emptyDir: { medium: 'HugePages' } }],
    containers: [
      shell('looks', 'stat -c %a /pages; grep " /pages " /proc/mounts', [{ name: 'pages', mountPath: '/pages' }], {
        resources,
      }),
    ],
  });
  expect(printed.get('looks')).toMatch(/^777\nnone \/pages hugetlbfs \S*pagesize=2M/);
  await eventually(async () => expect(await mountsBelow(memoryDir)).toEqual([]));
});

it('takes variables from a file that an init container wrote, without mounting it', async () => {
  const fileKeyRef = (key: string, optional = false) => ({ volumeName: 'config', path: 'app.env', key, optional });
  const env = [
    { name: 'ONE', valueFrom: { fileKeyRef: fileKeyRef('CONFIG_1') } },
    { name: 'TWO', valueFrom: { fileKeyRef: fileKeyRef('CONFIG_2') } },
    { name: 'NONE', valueFrom: { fileKeyRef: fileKeyRef('MISSING', true) } },
  ];
  const write = `printf "# made here\\nCONFIG_1='value 1'\\nCONFIG_2='a\\nb'\\n" >/data/app.env`;
  const reads = 'echo "$ONE|$TWO"; env | grep NONE; ls /data';
  const printed = await outputs('env-file', {
    volumes: [{ name: 'config', emptyDir: {} }],
    initContainers: [shell('setup', write, [{ name: 'config', mountPath: '/data' }])],
    containers: [
      shell('main', `exec 2>&1; ${reads}; true`, [], { env }),
      shell('other', 'echo "$ONE"', [], { env: env.slice(0, 1) }),
    ],
  });
  expect(printed.get('main')).toBe('value 1|a\nb\nls: /data: No such file or directory\n');
  expect(printed.get('other')).toBe('value 1\n');
});

it('gives secrets in memory and read-only, to the group of the pod', async () => {
  api.put({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, data: { k: 'c2VzYW0=' } });
  const script = 'cat /s/k; stat -f -c %T /s/k; stat -L -c "%a %g" /s/k; touch /s/x 2>&1; true';
  const printed = await outputs('secret', {
    volumes: [{ name: 's', secret: { secretName: 'key', defaultMode: 0o400 } }],
    containers: [shell('main', script, [{ name: 's', mountPath: '/s' }])],
    securityContext: { fsGroup: 2222 },
  });
  expect(printed.get('main')).toBe('sesamtmpfs\n440 2222\ntouch: /s/x: Read-only file system\n');
});

it('mounts a path in a volume, which it makes, and the path that a variable names', async () => {
  const work = { name: 'w', mountPath: '/w' };
  const env = [{ name: 'WHO', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
  const printed = await outputs('sub', {
    volumes: [{ name: 'w', emptyDir: {} }],
    initContainers: [shell('first', 'mkdir /w/a && echo file >/w/a/f', [work])],
    containers: [
      shell('file', 'cat /f; cat /d/f', [
        { name: 'w', mountPath: '/f', subPath: 'a/f' },
        { name: 'w', mountPath: '/d', subPath: 'a' },
      ]),
      shell(
        'expr',
        'echo x >/e/x; ls -d /all/sub/logs; cat /all/sub/logs/x; stat -c %a /e',
        [
          { name: 'w', mountPath: '/e', subPathExpr: '$(WHO)/logs' },
          { name: 'w', mountPath: '/all' },
        ],
        { env },
      ),
    ],
  });
  expect(printed.get('file')).toBe('file\nfile\n');
  expect(printed.get('expr')).toBe('/all/sub/logs\nx\n777\n');
  await eventually(async () => expect(await mountsBelow(dir)).toEqual([]));
});

it('mounts a file of a ConfigMap as it is when its container starts, and anew when that starts again', async () => {
  const is = (k: string) =>
    api.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'changes' }, data: { k } });
  is('old');
  // Ends once the whole volume shows the new file, which the path in it does not yet.
  const script =
    'cat /f >>/seen/all; if [ $(cat /f) = new ]; then cat /seen/all; exit; fi; until grep -q new /v/k; do sleep 0.1; done; cat /f >>/seen/all; exit 1';
  const printed = outputs('again', {
    restartPolicy: 'OnFailure',
    volumes: [
      { name: 'v', configMap: { name: 'changes' } },
      { name: 'seen', emptyDir: {} },
    ],
    containers: [
      shell('main', script, [
        { name: 'v', mountPath: '/v' },
        { name: 'v', mountPath: '/f', subPath: 'k' },
        { name: 'seen', mountPath: '/seen' },
      ]),
    ],
  });
  const running = () => api.pod('again').status?.containerStatuses?.[0]?.state?.running;
  await eventually(() => expect(running()).toBeDefined(), 30_000);
  is('new');
  expect((await printed).get('main')).toBe('oldoldnew');
});

it('refuses a path that a container has led out of its volume, and runs when it is put right', async () => {
  const work = { name: 'w', mountPath: '/w' };
  api.create(
    buildPod(
      'escape',
      {
        volumes: [{ name: 'w', emptyDir: {} }],
        containers: [
          shell('evil', 'ln -s /etc /w/out; while [ ! -e /w/stop ]; do sleep 0.1; done; rm /w/out; sleep 1000', [work]),
          shell('main', 'sleep 1000', [{ name: 'w', mountPath: '/x', subPath: 'out' }]),
        ],
        initContainers: [shell('first', 'ln -s /etc /w/out', [work])],
      },
      uidOf('escape'),
    ),
  );
  const main = () => api.pod('escape').status?.containerStatuses?.find(({ name }) => name === 'main')?.state;
  await eventually(
    () =>
      expect(main()?.waiting).toEqual({
        reason: 'CreateContainerConfigError',
        message: 'failed to prepare subPath for volumeMount "w" of container "main"',
      }),
    30_000,
  );
  await writeFile(join(dir, 'volumes', uidOf('escape'), 'volumes', 'w', 'stop'), '');
  await eventually(() => expect(main()?.running).toBeDefined(), 30_000);
  api.remove('escape', 0);
  await eventually(() => expect(api.has('escape')).toBe(false), 30_000);
});

it('mounts what the host has, or makes it, by the type that is asked for', async () => {
  const host = join(dir, 'host');
  await mkdir(host);
  const printed = await outputs('host', {
    volumes: [
      { name: 'dir', hostPath: { path: host, type: 'Directory' } },
      { name: 'new', hostPath: { path: join(host, 'new/deep'), type: 'DirectoryOrCreate' } },
      { name: 'file', hostPath: { path: join(host, 'file'), type: 'FileOrCreate' } },
      { name: 'any', hostPath: { path: join(host, 'any') } },
      // Above the engine's own folder, as for `kubectl debug node`.
      { name: 'root', hostPath: { path: '/' } },
    ],
    containers: [
      shell(
        'main',
        'echo 1 >/dir/a; echo 2 >/new/b; echo 3 >/file; echo 4 >/any/c; touch /ro/x 2>&1; ls -d /host/etc',
        [
          { name: 'dir', mountPath: '/dir' },
          { name: 'new', mountPath: '/new', mountPropagation: 'HostToContainer' },
          { name: 'file', mountPath: '/file' },
          { name: 'any', mountPath: '/any' },
          { name: 'dir', mountPath: '/ro', readOnly: true },
          { name: 'root', mountPath: '/host' },
        ],
      ),
    ],
  });
  const texts = ['a', 'new/deep/b', 'file', 'any/c'].map((file) => readFile(join(host, file), 'utf8'));
  expect(await Promise.all(texts)).toEqual(['1\n', '2\n', '3\n', '4\n']);
  expect(printed.get('main')).toContain('Read-only file system');
  expect(printed.get('main')).toContain('/host/etc');
  expect((await stat(join(host, 'file'))).mode & 0o777).toBe(0o644);
});

it('shows a container what is mounted on the node later, where it asks for that', async () => {
  const host = join(dir, 'shared');
  const late = join(host, 'late');
  await mkdir(late, { recursive: true });
  try {
    await mountBind(host, host);
    await promisify(execFile)('mount', ['--make-shared', host]);
    const pod = outputs('propagation', {
      volumes: [{ name: 'host', hostPath: { path: host } }],
      containers: [
        shell('main', 'touch /host/runs; until [ -e /host/late/x ]; do sleep 0.1; done; ls /alone/late | wc -l', [
          { name: 'host', mountPath: '/host', mountPropagation: 'HostToContainer' },
          { name: 'host', mountPath: '/alone' },
        ]),
      ],
    });
    await eventually(() => stat(join(host, 'runs')), 30_000);
    await mountTmpfs(late, { mode: 0o755 });
    await writeFile(join(late, 'x'), '');
    expect((await pod).get('main')).toBe('0\n');
  } finally {
    for (const { target } of await mountsBelow(host)) await unmount(target);
  }
});

it('gives the files of an image from a registry, as they are there, and nothing beside', async () => {
  const registry = await ImageRegistry.start();
  try {
    const reference = await registry.put('model', { 'weights/a.bin': 'aaa', 'etc/model.conf': 'x' });
    const volumeMounts = [
      { name: 'model', mountPath: '/model' },
      { name: 'model', mountPath: '/weights', subPath: 'weights' },
    ];
    const script = 'cd /model; find . -type f; ls -d *; cat /weights/a.bin; touch /model/b; touch /weights/b; true';
    const printed = await outputs('image', {
      volumes: [{ name: 'model', image: { reference, pullPolicy: 'Always' } }],
      containers: [shell('main', `exec 2>&1; ${script}`, volumeMounts)],
    });
    const files = './etc/model.conf\n./weights/a.bin\netc\nweights\naaa';
    const refused = (path: string) => `touch: ${path}: Read-only file system\n`;
    expect(printed.get('main')).toBe(`${files}${refused('/model/b')}${refused('/weights/b')}`);
    expect(registry.pulls).toBeGreaterThan(0);
    await docker.getImage(reference).remove();
  } finally {
    await registry.stop();
  }
});
