import { PassThrough, type Writable } from 'node:stream';
import { Attach, Exec, KubeConfig, PortForward, type V1Status } from '@kubernetes/client-node';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, type Output, root, run, startCluster } from './harness/index.ts';

let cluster: Cluster;
let config: KubeConfig;

const pods = `
apiVersion: v1
kind: Pod
metadata: { name: shell, labels: { app: dns } }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - { name: main, image: busybox:1.36, stdin: true, tty: true, command: [sh] }
    - { name: echo, image: busybox:1.36, stdin: true, command: [sh, -c, 'while read line; do echo got $line; done'] }
    - { name: server, image: busybox:1.36, command: [nc, -ll, -p, '82', -e, cat] }
`;

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.tryKubectl(['apply', '-f', '-'], { input: pods });
  await cluster.kubectl('wait', 'pod/shell', '--for=condition=Ready', '--timeout=120s');
  config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
});
afterAll(async () => {
  await cluster?.destroy();
});

const commandsIn = (container: string) => cluster.kubectl('exec', 'shell', '-c', container, '--', 'ps');

/** Acts are lines as e2e/clients/terminal.py explains them. */
const inTerminal = (binary: string, args: string, ...acts: string[]): Promise<Output> =>
  run('/usr/bin/python3', [`${root}/e2e/clients/terminal.py`, '40', '120', binary, ...args.split(' ')], {
    env: { KUBECONFIG: cluster.kubeconfig },
    input: acts.join('\n'),
  });

describe.each(['kubectl-1.36', 'kubectl-1.32', 'kubectl-1.20'])('%s in a terminal', (binary) => {
  it('gives a command the size of the terminal, also when it changes, and gives back its exit code', async () => {
    const { code, stdout } = await inTerminal(
      binary,
      'exec -it shell -c main -- sh',
      // The size comes beside the command, and may come after it has begun.
      ...['send until [ "$(stty size)" = "40 120" ]; do sleep 0.1; done; echo first 4$((0))', 'await first 40'],
      'size 50 100',
      ...['send until [ "$(stty size)" = "50 100" ]; do sleep 0.1; done; echo now it is 5$((0))', 'await now it is 50'],
      'send exit 3',
    );
    expect([code, stdout]).toEqual([3, expect.stringContaining('50')]);
  });

  it('hangs up when it goes: what ran in the terminal has ended', async () => {
    await inTerminal(
      binary,
      'exec -it shell -c main -- sh',
      ...['send echo begun $((0)).; sleep 54321', 'await begun 0.', 'hangup'],
    );
    // A shell that reaps nothing is the first process there: a zombie is shown as [sleep].
    await eventually(async () => expect(await commandsIn('main')).not.toContain('sleep 54321'));
  });

  it('attaches, goes, and attaches again to a container that has gone on', async () => {
    const attach = 'attach -it shell -c main';
    const first = await inTerminal(binary, attach, 'send kept=4$((2))', 'send echo is $kept', 'await is 42', 'hangup');
    expect(first.stdout).toContain('is 42');
    const again = await inTerminal(binary, attach, 'send echo still $kept', 'await still 42', 'hangup');
    expect(again.stdout).toContain('still 42');
    const shell = await cluster.getJson<{ status: { containerStatuses: { restartCount: number }[] } }>('pod', 'shell');
    expect(shell.status.containerStatuses.map(({ restartCount }) => restartCount)).toEqual([0, 0, 0]);
  });
});

describe('kubectl-1.36 in a terminal', () => {
  it.each([
    ['ctrl-p ctrl-q', '', '1011'],
    ['keys of its choice', ' --detach-keys=ctrl-x,x', '1878'],
  ])('leaves a container by %s, which stays as it is', async (_, option, keys) => {
    const acts = ['send left=4$((2))', 'send echo is $left', 'await is 42'];
    const { code, stdout } = await inTerminal(
      'kubectl-1.36',
      `attach -it shell -c main${option}`,
      ...acts,
      `keys ${keys}`,
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining('is 42')]);
    const again = await inTerminal(
      'kubectl-1.36',
      'attach -it shell -c main',
      'send echo still $left',
      'await still 42',
      'hangup',
    );
    expect(again.stdout).toContain('still 42');
  });
});

describe('@kubernetes/client-node', () => {
  /** Keeps what is written, and has the size of a terminal. */
  function screen(size?: { rows: number; columns: number }): { writable: Writable; text(): string } {
    const writable = Object.assign(new PassThrough(), size);
    let text = '';
    writable.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    return { writable, text: () => text };
  }

  it('runs a command with input, output, errors and an outcome', async () => {
    const [out, err, input] = [screen(), screen(), new PassThrough()];
    const outcome = Promise.withResolvers<V1Status>();
    const command = ['sh', '-c', 'cat; echo bad >&2; exit 7'];
    await new Exec(config).exec(
      ...(['default', 'shell', 'main', command, out.writable, err.writable, input, false] as const),
      outcome.resolve,
    );
    input.end('the input');
    expect((await outcome.promise).details?.causes).toEqual([{ reason: 'ExitCode', message: '7' }]);
    expect([out.text(), err.text()]).toEqual(['the input', 'bad\n']);
  });

  it('runs a command in a terminal of its size, which changes', async () => {
    const [out, input] = [screen({ rows: 33, columns: 77 }), new PassThrough()];
    await new Exec(config).exec('default', 'shell', 'main', 'sh', out.writable, null, input, true);
    // The shell may ask before it has been told.
    const shows = (size: string) =>
      eventually(() => {
        input.write('stty size\n');
        expect(out.text()).toContain(size);
      });
    await shows('33 77');
    Object.assign(out.writable, { rows: 44, columns: 88 }).emit('resize');
    await shows('44 88');
    input.write('exit\n');
  });

  it('attaches to a container', async () => {
    const [out, input] = [screen(), new PassThrough()];
    const socket = await new Attach(config).attach('default', 'shell', 'echo', out.writable, null, input, false);
    input.write('a line\n');
    await eventually(() => expect(out.text()).toBe('got a line\n'));
    socket.close();
  });

  it('forwards a port, several connections at once', async () => {
    const said = await Promise.all(
      [1, 2, 3].map(async (i) => {
        const [out, err, input] = [screen(), screen(), new PassThrough()];
        const forward = new PortForward(config);
        const socket = await forward.portForward('default', 'shell', [82], out.writable, err.writable, input);
        input.write(`number ${i}`);
        await eventually(() => expect(out.text()).toBe(`number ${i}`));
        (socket as { close(): void }).close();
        return err.text();
      }),
    );
    expect(said).toEqual(['', '', '']);
  });

  it('is told why a port cannot be reached', async () => {
    const [out, err, input] = [screen(), screen(), new PassThrough()];
    await new PortForward(config).portForward('default', 'shell', [99], out.writable, err.writable, input);
    await eventually(() => expect(err.text()).toContain('connection refused'));
    expect(err.text()).toMatch(/^error forwarding port 99 to pod shell, uid [\w-]+: /);
  });
});

it('kubectl refuses to forward what is not TCP', async () => {
  const service = 'create service clusterip dns --tcp=53:53 --dry-run=client -o json';
  const made = JSON.parse(await cluster.kubectl(...service.split(' '))) as { spec: { ports: { protocol: string }[] } };
  for (const port of made.spec.ports) port.protocol = 'UDP';
  await cluster.tryKubectl(['apply', '-f', '-'], { input: JSON.stringify(made) });
  const { code, stderr } = await cluster.tryKubectl(['port-forward', 'svc/dns', '53']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('UDP protocol is not supported for 53')]);
});
