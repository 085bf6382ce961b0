import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, create, type PodCase, PodCases, script, startCluster } from './harness/index.ts';

// The names are those of the conformance tests whose rules these restate.
let cluster: Cluster;

const configMap = (name: string, data: object, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
  ...more,
});
const secret = (name: string, stringData: object, namespace = 'default') => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  stringData,
});

interface More {
  container?: object;
  pod?: object;
  metadata?: object;
  change?: PodCase['change'];
}

/** Mounts volumes at /v, /v1 and so on. */
function mounted(title: string, text: string, log: PodCase['log'], volumes: object[], more: More = {}): PodCase {
  const volumeMounts = volumes.map((_, i) => ({ name: `v${i}`, mountPath: `/v${i || ''}` }));
  const named = volumes.map((volume, i) => ({ name: `v${i}`, ...volume }));
  const made = script(title, text, log, { volumeMounts, ...more.container }, { volumes: named, ...more.pod });
  return {
    ...made,
    ...(more.metadata && { metadata: { ...more.metadata } }),
    ...(more.change && { change: more.change }),
  };
}
const nonRoot = { pod: { securityContext: { runAsUser: 1000 } } };
/** Says that it has begun on a line of its own, whatever was said before it. */
const waits = (condition: string) => `echo; echo before; until ${condition}; do sleep 0.2; done; echo after`;
const seen = '\nbefore\nafter\n';

interface Fields {
  defaultMode?: number;
  items?: object[];
  optional?: boolean;
}
type Make = (name: string, fields?: Fields) => object;
const ofConfigMap: Make = (name, fields) => ({ configMap: { name, ...fields } });
const ofSecret: Make = (secretName, fields) => ({ secret: { secretName, ...fields } });
const projected =
  (kind: 'configMap' | 'secret'): Make =>
  (name, { defaultMode, ...fields } = {}) => ({
    projected: { ...(defaultMode && { defaultMode }), sources: [{ [kind]: { name, ...fields } }] },
  });

/** The rules that volumes from ConfigMaps and Secrets share, alone and projected. */
const sourceRules = {
  plain: (title: string, make: Make) =>
    mounted(title, 'cat /v/one; stat -Lc " %a" /v/one', '1 644\n', [make('source')]),
  nonRoot: (title: string, make: Make) =>
    mounted(title, 'id -u; cat /v/one; stat -Lc " %a" /v/one', '1000\n1 644\n', [make('source')], nonRoot),
  mode: (title: string, make: Make) =>
    mounted(title, 'cat /v/one; stat -Lc " %a" /v/one', '1 400\n', [make('source', { defaultMode: 0o400 })]),
  mapped: (title: string, make: Make) =>
    mounted(title, 'cat /v/a/b/c; stat -Lc " %a" /v/a/b/c; ls /v', '2 644\na\n', [
      make('source', { items: [{ key: 'two', path: 'a/b/c' }] }),
    ]),
  mappedMode: (title: string, make: Make) =>
    mounted(title, 'cat /v/a/c; stat -Lc " %a" /v/a/c', '2 400\n', [
      make('source', { items: [{ key: 'two', path: 'a/c', mode: 0o400 }] }),
    ]),
  mappedNonRoot: (title: string, make: Make) =>
    mounted(
      title,
      'cat /v/c; stat -Lc " %a" /v/c',
      '2 644\n',
      [make('source', { items: [{ key: 'two', path: 'c' }] })],
      nonRoot,
    ),
  twice: (title: string, make: Make) => mounted(title, 'cat /v/one /v1/two', '12', [make('source'), make('source')]),
  group: (title: string, make: Make) =>
    mounted(title, 'stat -Lc "%a %g" /v/one; cat /v/one', '440 1001\n1', [make('source', { defaultMode: 0o440 })], {
      pod: { securityContext: { runAsUser: 1000, fsGroup: 1001 } },
    }),
};
const sources = (make: Make, titles: Partial<Record<keyof typeof sourceRules, string>>) =>
  (Object.keys(titles) as (keyof typeof sourceRules)[]).map((rule) => sourceRules[rule](titles[rule] as string, make));

/** Live changes; the objects belong to these cases alone and are named after `id`. */
function changing(kind: 'cm' | 'secret', id: string, make: Make) {
  const value = kind === 'cm' ? 'new' : Buffer.from('new').toString('base64');
  const patch = (name: string, data: object) => ['patch', kind, name, '-p', JSON.stringify({ data })];
  const made = ['create', ...(kind === 'cm' ? ['cm'] : ['secret', 'generic']), `${id}-made`, '--from-literal=k=new'];
  return {
    optional: mounted(
      'optional updates should be reflected in volume',
      `cat /v/k /v1/k; ls /v2; ${waits('[ ! -e /v/k ] && grep -qs new /v/other && [ ! -e /v1/k ] && grep -qs new /v2/k')}`,
      `oldold${seen}`,
      ['changed', 'gone', 'made'].map((part) => make(`${id}-${part}`, { optional: true })),
      {
        change: [patch(`${id}-changed`, { k: null, other: value }), ['delete', kind, `${id}-gone`], made],
      },
    ),
    updated: mounted(
      'updates should be reflected in volume',
      `cat /v/k; ${waits('grep -qs new /v/k')}`,
      `old${seen}`,
      [make(`${id}-upd`)],
      { change: [patch(`${id}-upd`, { k: value })] },
    ),
  };
}
const liveObjects = (make: typeof configMap | typeof secret, id: string) =>
  ['changed', 'gone', 'upd'].map((part) => make(`${id}-${part}`, { k: 'old' }));

const resources = { requests: { cpu: '25m', memory: '24Mi' }, limits: { cpu: '1250m', memory: '64Mi' } };
/** The rules of files from the downward API, alone and projected. */
function downward(id: string, make: (items: object[], defaultMode?: number) => object): PodCase[] {
  const field = (path: string, fieldPath: string, more: object = {}) => ({ path, fieldRef: { fieldPath }, ...more });
  /** Without a divisor too: whole cores, rounded up, and bytes. */
  const resource = (title: string, name: string, divisor: string, log: PodCase['log'], container: object) => {
    const resourceFieldRef = { containerName: 'main', resource: name };
    const items = [
      { path: 'value', resourceFieldRef: { ...resourceFieldRef, divisor } },
      { path: 'plain', resourceFieldRef },
    ];
    return mounted(title, 'cat /v/value; echo; cat /v/plain', log, [make(items)], { container });
  };
  const allocatable = (log: string) => expect(log).toMatch(/^([1-9][0-9]*)\n\1$/);
  const follows = (title: string, what: 'labels' | 'annotations') =>
    mounted(
      title,
      `grep ^k= /v/all; ${waits('grep -qsx \'k="new"\' /v/all && grep -qsx \'more="1"\' /v/all')}`,
      `k="old"\n${seen}`,
      [make([field('all', `metadata.${what}`)])],
      {
        metadata: { name: `${id}-${what}`, [what]: { k: 'old' } },
        change: [[what === 'labels' ? 'label' : 'annotate', 'pod', `${id}-${what}`, '--overwrite', 'k=new', 'more=1']],
      },
    );
  return [
    resource("container's cpu limit", 'limits.cpu', '1m', '1250\n2', { resources }),
    resource("container's cpu request", 'requests.cpu', '1m', '25\n1', { resources }),
    resource("container's memory limit", 'limits.memory', '1Mi', '64\n67108864', { resources }),
    resource("container's memory request", 'requests.memory', '1Ki', '24576\n25165824', { resources }),
    resource('node allocatable (cpu) as default cpu limit', 'limits.cpu', '1', allocatable, {}),
    resource('node allocatable (memory) as default memory limit', 'limits.memory', '1', allocatable, {}),
    mounted('podname only', 'cat /v/name', (log, pod) => expect(log).toBe(pod.metadata.name), [
      make([field('name', 'metadata.name')]),
    ]),
    mounted('set DefaultMode on files', 'stat -Lc %a /v/n', '400\n', [make([field('n', 'metadata.name')], 0o400)]),
    mounted('set mode on item file', 'stat -Lc %a /v/n', '400\n', [
      make([field('n', 'metadata.name', { mode: 0o400 })]),
    ]),
    follows('update annotations on modification', 'annotations'),
    follows('update labels on modification', 'labels'),
  ];
}

const modes = [
  '(non-root,0644,default)',
  '(non-root,0644,tmpfs)',
  '(non-root,0666,default)',
  '(non-root,0666,tmpfs)',
  '(non-root,0777,default)',
  '(non-root,0777,tmpfs)',
  '(root,0644,default)',
  '(root,0644,tmpfs)',
  '(root,0666,default)',
  '(root,0666,tmpfs)',
  '(root,0777,default)',
  '(root,0777,tmpfs)',
];
const medium = (tmpfs: boolean) => ({ emptyDir: tmpfs ? { medium: 'Memory' } : {} });
function ofMode(title: string): PodCase {
  const [user, mode, kind] = title.slice(1, -1).split(',') as [string, string, string];
  const text = `umask 0; echo hi >/v/f; chmod ${mode} /v/f; stat -c "%a %u" /v/f; cat /v/f; stat -f -c %T /v`;
  const judge = (log: string) => {
    expect(log).toContain(`${mode.slice(1)} ${user === 'root' ? 0 : 1001}\nhi\n`);
    if (kind === 'tmpfs') expect(log).toContain('tmpfs');
    else expect(log).not.toContain('tmpfs');
  };
  const securityContext = { runAsUser: user === 'root' ? 0 : 1001 };
  return mounted(title, text, judge, [medium(kind === 'tmpfs')], { pod: { securityContext } });
}
const writer = (name: string, text: string) => ({
  name,
  image: 'busybox:1.36',
  command: ['sh', '-c', text],
  volumeMounts: [{ name: 'v0', mountPath: '/v' }],
});
const newFile = 'umask 0; echo hi >/v/f; chmod 660 /v/f; stat -c "%a %g" /v/f; cat /v/f';
const grouped = (runAsUser: number) => ({ pod: { securityContext: { runAsUser, fsGroup: 123 } } });
/** What the group of a pod's volumes is for. */
const ofGroup = [
  mounted(
    'new files should be created with FSGroup ownership when container is root',
    newFile,
    '660 123\nhi\n',
    [medium(true)],
    grouped(0),
  ),
  mounted(
    'new files should be created with FSGroup ownership when container is non-root',
    newFile,
    '660 123\nhi\n',
    [medium(true)],
    grouped(1001),
  ),
  mounted(
    'nonexistent volume subPath should have the correct mode and owner using FSGroup',
    'stat -c "%A %u %g" /v',
    'drwxrwsrwx 0 123\n',
    [medium(true)],
    {
      ...grouped(1001),
      container: { volumeMounts: [{ name: 'v0', mountPath: '/v', subPath: 'sub' }] },
    },
  ),
  mounted(
    'volume on default medium should have the correct mode using FSGroup',
    'stat -c "%A %g" /v',
    'drwxrwsrwx 123\n',
    [medium(false)],
    grouped(0),
  ),
];
const emptyDirs: PodCase[] = [
  {
    title: 'pod should support shared volumes between containers',
    spec: {
      volumes: [{ name: 'v0', emptyDir: {} }],
      containers: [
        writer('main', 'until [ -s /v/f ]; do sleep 0.1; done; cat /v/f'),
        writer('other', 'echo hello >/v/f'),
      ],
    },
    log: 'hello\n',
  },
  ...modes.map(ofMode),
  mounted('volume on default medium should have the correct mode', 'stat -c %a /v', '777\n', [medium(false)]),
  mounted('volume on tmpfs should have the correct mode', 'stat -c %a /v; stat -f -c %T /v', '777\ntmpfs\n', [
    medium(true),
  ]),
  mounted('pod should support memory backed volumes of specified size', "df /v | awk 'END { print $2 }'", '10240\n', [
    { emptyDir: { medium: 'Memory', sizeLimit: '10Mi' } },
  ]),
  ...ofGroup,
];

const many = Array.from({ length: 50 }, (_, i) => `racing-${i}`);
const wrapper = [
  ...Array.from({ length: 5 }, () =>
    mounted(
      'not cause race condition when used for configmaps',
      'cat /v*/k | wc -c',
      '50\n',
      many.map((name) => ofConfigMap(name)),
    ),
  ),
  mounted('should not conflict', 'cat /v/one /v1/one; touch /v2/x', '11', [
    ofSecret('source'),
    ofConfigMap('source'),
    { emptyDir: {} },
  ]),
];

const hostPaths = [
  mounted('hostPath: should give a volume the correct mode', 'stat -c %a /v', '755\n', [
    { hostPath: { path: '/usr', type: 'Directory' } },
  ]),
  mounted(
    'hostPath: should support r/w and subPath',
    'echo hi >/sub/f; cat /v/kubus-$POD/f; rm -r /v/kubus-$POD',
    'hi\n',
    [{ hostPath: { path: '/tmp', type: 'Directory' } }],
    {
      container: {
        env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } }],
        volumeMounts: [
          { name: 'v0', mountPath: '/v' },
          { name: 'v0', mountPath: '/sub', subPathExpr: 'kubus-$(POD)' },
        ],
      },
    },
  ),
];

const namePath = { path: 'one', fieldRef: { fieldPath: 'metadata.name' } };
const all = [
  { secret: { name: 'source', items: [{ key: 'one', path: 'secret' }] } },
  { configMap: { name: 'source', items: [{ key: 'two', path: 'config' }] } },
  { downwardAPI: { items: [{ ...namePath, path: 'name' }] } },
];
const onePath = (
  title: string,
  volume: object,
  { log = '1' as PodCase['log'], mountPath = '/file', subPath = 'one' } = {},
) =>
  mounted(title, `cat ${mountPath}`, log, [volume], {
    container: { volumeMounts: [{ name: 'v0', mountPath, subPath }] },
  });
const isName: PodCase['log'] = (log, pod) => expect(log).toBe(pod.metadata.name);

const live = {
  config: changing('cm', 'config', ofConfigMap),
  projectedConfig: changing('cm', 'pconfig', projected('configMap')),
  secret: changing('secret', 'secret', ofSecret),
  projectedSecret: changing('secret', 'psecret', projected('secret')),
};
const groups: Record<string, PodCase[]> = {
  'ConfigMap volume': [
    mounted(
      'binary data should be reflected in volume',
      'cat /v/text; od -An -tx1 /v/bytes',
      'hi de ca fe 00 ba d0 fe ff\n',
      [ofConfigMap('binary')],
    ),
    ...sources(ofConfigMap, {
      plain: 'consumable from pods in volume',
      nonRoot: 'in volume as non-root',
      mode: 'in volume with defaultMode set',
      mapped: 'in volume with mappings',
      mappedMode: 'in volume with mappings and Item mode set',
      mappedNonRoot: 'in volume with mappings as non-root',
      twice: 'multiple volumes in the same pod',
    }),
    live.config.optional,
    live.config.updated,
  ],
  'Downward API volume': downward('files', (items, defaultMode) => ({
    downwardAPI: { items, ...(defaultMode && { defaultMode }) },
  })),
  EmptyDir: emptyDirs,
  'EmptyDir wrapper': wrapper,
  HostPath: hostPaths,
  'Projected combined': [
    mounted(
      'project all components that make up the projection API',
      'cat /v/secret /v/config /v/name',
      (log, pod) => expect(log).toBe(`12${pod.metadata.name}`),
      [{ projected: { sources: all } }],
    ),
  ],
  'Projected configMap': [
    ...sources(projected('configMap'), {
      plain: 'consumable from pods in volume',
      nonRoot: 'as non-root',
      mode: 'with defaultMode set',
      mapped: 'with mappings',
      mappedMode: 'with mappings and Item mode set',
      mappedNonRoot: 'with mappings as non-root',
      twice: 'multiple volumes in the same pod',
    }),
    live.projectedConfig.optional,
    live.projectedConfig.updated,
  ],
  'Projected downwardAPI': downward('projected', (items, defaultMode) => ({
    projected: { sources: [{ downwardAPI: { items } }], ...(defaultMode && { defaultMode }) },
  })),
  'Projected secret': [
    ...sources(projected('secret'), {
      plain: 'consumable from pods in volume',
      group: 'as non-root with defaultMode and fsGroup set',
      mode: 'with defaultMode set',
      mapped: 'with mappings',
      mappedMode: 'with mappings and Item Mode set',
      twice: 'multiple volumes in a pod',
    }),
    live.projectedSecret.optional,
  ],
  'Secrets volume': [
    ...sources(ofSecret, {
      plain: 'consumable from pods in volume',
      group: 'as non-root with defaultMode and fsGroup set',
      mode: 'with defaultMode set',
      mapped: 'with mappings',
      mappedMode: 'with mappings and Item Mode set',
      twice: 'multiple volumes in a pod',
    }),
    sourceRules.plain('mount regardless of a different secret with same name in different namespace', ofSecret),
    live.secret.optional,
  ],
  Subpath: [
    onePath('support subpaths with configmap pod', ofConfigMap('source')),
    onePath('support subpaths with configmap pod with mountPath of existing file', ofConfigMap('source'), {
      mountPath: '/etc/resolv.conf',
    }),
    onePath(
      'support subpaths with downward pod',
      { downwardAPI: { items: [{ ...namePath, path: 'deep/one' }] } },
      { log: isName, subPath: 'deep/one' },
    ),
    onePath(
      'support subpaths with projected pod',
      projected('configMap')('source', { items: [{ key: 'one', path: 'deep/one' }] }),
      { subPath: 'deep/one' },
    ),
    onePath('support subpaths with secret pod', ofSecret('source')),
  ],
};

const cases = new PodCases(Object.values(groups).flat(), () => cluster);

beforeAll(async () => {
  cluster = await startCluster({ args: ['--nodes', '2'] });
  await cluster.kubectl('create', 'namespace', 'other');
  await create(cluster, [
    configMap('source', { one: '1', two: '2' }),
    configMap(
      'binary',
      { text: 'hi' },
      { binaryData: { bytes: Buffer.from('decafe00bad0feff', 'hex').toString('base64') } },
    ),
    secret('source', { one: '1', two: '2' }),
    secret('source', { one: 'other', two: 'other' }, 'other'),
    ...many.map((name) => configMap(name, { k: 'x' })),
    ...liveObjects(configMap, 'config'),
    ...liveObjects(configMap, 'pconfig'),
    ...liveObjects(secret, 'secret'),
    ...liveObjects(secret, 'psecret'),
  ]);
  await cases.start();
  await cases.change();
});
afterAll(async () => {
  await cluster?.destroy();
});

describe.each(Object.entries(groups))('%s', (_, group) => {
  it.each(group)('$title', (each) => cases.judge(each));
});

describe.each(['configmap', 'secret'])('%s', (kind) => {
  it('immutable if `immutable` field is set', async () => {
    const patch = (text: string) => cluster.tryKubectl(['patch', kind, 'source', '--type=merge', '-p', text]);
    expect((await patch('{"data":{"three":"Mw=="}}')).code).toBe(0);
    expect((await patch('{"immutable":true}')).code).toBe(0);
    for (const refused of ['{"data":{"one":"Mg=="}}', '{"immutable":false}', '{"immutable":null}']) {
      expect((await patch(refused)).stderr).toMatch(
        /"source" is invalid: .*field is immutable when `immutable` is set/,
      );
    }
    expect((await patch('{"metadata":{"labels":{"a":"b"}}}')).code).toBe(0);
    await cluster.kubectl('delete', kind, 'source');
  });
});
