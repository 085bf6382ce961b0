import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { engineCapacity } from './engine-capacity.ts';

const info = {
  NCPU: 3,
  MemTotal: 5 * 2 ** 30,
  DockerRootDir: tmpdir(),
  OperatingSystem: 'Debian GNU/Linux 12',
  KernelVersion: '6.1.0',
  Architecture: 'aarch64',
  Runtimes: { runsc: {}, runc: {} },
};
const capacityOf = (more: Partial<typeof info>) =>
  engineCapacity({ info: async () => ({ ...info, ...more }) } as never);

it('tells what the machine has, in the words of Kubernetes', async () => {
  const { storageBytes, ...rest } = await capacityOf({});
  expect(rest).toEqual({
    cpuMillis: 3000,
    memoryBytes: 5 * 2 ** 30,
    operatingSystem: 'Debian GNU/Linux 12',
    kernelVersion: '6.1.0',
    architecture: 'arm64',
    runtimeHandlers: ['runc', 'runsc'],
  });
  expect(storageBytes).toBeGreaterThan(0);
});

it.each([
  ['x86_64', 'amd64'],
  ['riscv64', 'riscv64'],
])('calls %s %s', async (kernels, ours) => {
  expect((await capacityOf({ Architecture: kernels })).architecture).toBe(ours);
});

it('takes a disk that it cannot see for one of 64 GiB', async () => {
  expect((await capacityOf({ DockerRootDir: '/nowhere/docker' })).storageBytes).toBe(64 * 2 ** 30);
});
