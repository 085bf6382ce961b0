import { eventually } from '@kubus/testkit';
import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { readAll } from '../../test/read-all.ts';
import { silent } from '../../test/rig.ts';
import {
  CommandError,
  type ContainerSpec,
  ContainerStartError,
  ImageError,
  type Runtime,
  type SandboxSpec,
} from './contract.ts';
import { DockerRuntime } from './docker/docker-runtime.ts';

interface Engine {
  docker: Docker;
  image: string;
  /** Commands with the same outcome on both engines. */
  run: string[];
  exits3: string[];
  prints: string[];
  cannotStart: string[];
  stop(): Promise<void>;
}

const engines: Record<string, () => Promise<Engine>> = {
  'the fake engine': async () => {
    const fake = await FakeDocker.start({
      programs: {
        run: {},
        'exit 3': { exit: { code: 3, afterMs: 10 } },
        print: { exit: { code: 0, afterMs: 10 }, output: ['one', 'two'] },
        missing: { startError: 'no such file or directory' },
      },
    });
    const commands = { run: ['run'], exits3: ['exit', '3'], prints: ['print'], cannotStart: ['missing'] };
    return {
      docker: fake.docker,
      image: 'busybox',
      ...commands,
      stop: async () => {
        expect(fake.unknown).toEqual([]);
        await fake.stop();
      },
    };
  },
  'Docker Engine': async () => ({
    docker: new Docker(),
    image: 'busybox:1.36',
    run: ['sleep', '1000'],
    exits3: ['sh', '-c', 'exit 3'],
    prints: ['sh', '-c', 'echo one; echo two'],
    cannotStart: ['/missing'],
    stop: async () => undefined,
  }),
};

for (const [name, open] of Object.entries(engines)) {
  describe(`a runtime on ${name}`, () => {
    const scope = { cluster: `contract-${process.pid}`, node: 'n1' };
    const pod = { uid: 'u-1', name: 'web', namespace: 'default' };
    let engine: Engine;
    let runtime: Runtime;

    beforeAll(async () => {
      engine = await open();
      runtime = await DockerRuntime.open({ docker: engine.docker, scope, log: silent });
    });
    afterEach(async () => {
      for (const { id } of await runtime.containers()) await runtime.remove(id);
    });
    afterAll(async () => {
      const networks = await engine.docker.listNetworks({ filters: { label: [`kubus.io/cluster=${scope.cluster}`] } });
      // The engine may still be letting go of containers that are gone already.
      for (const { Id } of networks.filter(({ Name }) => Name === `kubus-${scope.cluster}`))
        await eventually(() => engine.docker.getNetwork(Id).remove());
      await engine.stop();
    });

    const sandbox = (attempt = 0): SandboxSpec => ({
      pod,
      hostname: 'web',
      hostNetwork: false,
      hostPid: false,
      hostIpc: false,
      sharedPid: false,
      sysctls: [],
      ports: [],
      attempt,
    });
    const spec = (command: string[], sandboxId: string, attempt = 0): ContainerSpec => ({
      pod,
      name: 'main',
      attempt,
      image: engine.image,
      command,
      env: [['A', 'x=y']],
      sandboxId,
      sandboxAttempt: 0,
      hostIpc: false,
      tty: false,
      stdin: false,
      stdinOnce: false,
      limits: { cpuMillis: 500, memoryBytes: 64 * 2 ** 20 },
      requests: { cpuMillis: 250 },
      oomScoreAdj: 900,
      security: {
        privileged: false,
        readOnlyRootFilesystem: false,
        allowPrivilegeEscalation: true,
        addCapabilities: [],
        dropCapabilities: [],
        groups: [],
        unmaskedProc: false,
      },
      mounts: [],
    });
    const only = async (container: string) => {
      const found = (await runtime.containers(pod.uid)).filter((record) => record.container === container);
      expect(found).toHaveLength(1);
      return found[0] as (typeof found)[number];
    };
    const startedSandbox = async (attempt = 0) => {
      const id = (await runtime.createSandbox(sandbox(attempt))) ?? '';
      await runtime.start(id);
      return id;
    };
    const ended = () =>
      eventually(async () => {
        const record = await only('main');
        expect(record.state).toBe('exited');
        return record;
      });

    it('gives a sandbox an address and shows it by its labels', async () => {
      const id = await startedSandbox();
      const record = await only('');
      expect(record).toMatchObject({
        id,
        podUid: 'u-1',
        podName: 'web',
        podNamespace: 'default',
        attempt: 0,
        state: 'running',
      });
      expect(record.ips).toHaveLength(1);
    });

    it('shows the address of a sandbox that was listed before its start', async () => {
      const seen: (string | undefined)[] = [];
      const watch = runtime.watch((uid) => seen.push(uid));
      await eventually(() => expect(seen).toContain(undefined));
      const id = (await runtime.createSandbox(sandbox())) ?? '';
      expect(await runtime.containers()).toMatchObject([{ id, state: 'created', ips: [] }]);
      await runtime.start(id);
      expect((await only('')).ips).toHaveLength(1);
      watch.stop();
    });

    it('runs a container in the sandbox and tells its exit code', async () => {
      const id = (await runtime.createContainer(spec(engine.exits3, await startedSandbox()))) ?? '';
      expect((await only('main')).state).toBe('created');
      await runtime.start(id);
      expect(await ended()).toMatchObject({ exitCode: 3, attempt: 0, sandboxAttempt: 0 });
    });

    it('makes and starts the same attempt only once', async () => {
      const sandboxId = await startedSandbox();
      expect(await runtime.createSandbox(sandbox())).toBeUndefined();
      const id = (await runtime.createContainer(spec(engine.run, sandboxId))) ?? '';
      expect(await runtime.createContainer(spec(engine.run, sandboxId))).toBeUndefined();
      await runtime.start(id);
      const { startedAt } = await only('main');
      await runtime.start(id);
      expect(await only('main')).toMatchObject({ state: 'running', startedAt });
    });

    it('does nothing when what is to be started, stopped or removed is gone', async () => {
      const id = await startedSandbox();
      await runtime.remove(id);
      await runtime.remove(id);
      await runtime.stop(id, 0);
      await runtime.start(id);
      expect(await runtime.environment(id)).toBeUndefined();
      expect(await runtime.containers()).toEqual([]);
    });

    it('keeps what a container was made with', async () => {
      const id = (await runtime.createContainer(spec(engine.run, await startedSandbox()))) ?? '';
      expect(await runtime.environment(id)).toContainEqual(['A', 'x=y']);
    });

    it('refuses to start what has no such command, with the words of the engine', async () => {
      const id = (await runtime.createContainer(spec(engine.cannotStart, await startedSandbox()))) ?? '';
      const error = await runtime.start(id).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(CommandError);
      expect((error as Error).message).toMatch(/no such file or directory/);
      const [main] = (await runtime.containers()).filter((record) => record.id === id);
      expect(main).toMatchObject({ state: 'exited', exitCode: 128, error: (error as Error).message });
    });

    it('removes a container whose sandbox has ended or is gone, in place of a start', async () => {
      const first = await startedSandbox(0);
      const a = (await runtime.createContainer(spec(engine.run, first, 0))) ?? '';
      await runtime.stop(first, 0);
      await runtime.start(a);
      const b = (await runtime.createContainer(spec(engine.run, first, 1))) ?? '';
      await runtime.remove(first);
      await runtime.start(b);
      expect(await runtime.containers()).toEqual([]);
    });

    it('makes the network anew when somebody has removed it', async () => {
      await runtime.remove(await startedSandbox(0));
      for (const { Id, Name } of await engine.docker.listNetworks())
        if (Name === `kubus-${scope.cluster}`) await eventually(() => engine.docker.getNetwork(Id).remove());
      const id = (await runtime.createSandbox(sandbox(1))) ?? '';
      // An agent that connects pods itself sees at once that the bridge is gone; else the engine says so.
      await runtime.start(id).catch((error: unknown) => expect(error).toBeInstanceOf(ContainerStartError));
      await runtime.remove(id);
      await startedSandbox(2);
      expect(await only('')).toMatchObject({ state: 'running', attempt: 2 });
    });

    it('tells by pod what has ended', async () => {
      const seen: (string | undefined)[] = [];
      const watch = runtime.watch((uid) => seen.push(uid));
      await eventually(() => expect(seen).toContain(undefined));
      await runtime.stop(await startedSandbox(), 0);
      await eventually(() => expect(seen).toContain('u-1'));
      watch.stop();
    });

    it('reads logs', async () => {
      const id = (await runtime.createContainer(spec(engine.prints, await startedSandbox()))) ?? '';
      await runtime.start(id);
      await ended();
      const { signal } = new AbortController();
      expect(await readAll(await runtime.logs(id, { follow: false, timestamps: false, signal }))).toBe('one\ntwo\n');
    });

    it('knows which images are there, and says why one cannot be had', async () => {
      expect(await runtime.hasImage(engine.image)).toBe(true);
      expect(await runtime.hasImage('kubus.invalid/none:1')).toBe(false);
      await expect(runtime.pullImage('kubus.invalid/none:1')).rejects.toBeInstanceOf(ImageError);
    });
  });
}
