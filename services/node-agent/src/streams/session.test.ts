import type { BusStream, NodeStreamRequest } from '@kubus/shared/bus';
import { expect, it } from 'vitest';
import type { ContainerRecord, ExecSession, Runtime } from '../runtime/contract.ts';
import { serveSession } from './session.ts';

/** A command that runs on after its output has ended. */
function running() {
  const signals: (string | undefined)[] = [];
  const outputEnded = Promise.withResolvers<void>();
  const session: ExecSession = {
    output: async () => undefined,
    write: async () => undefined,
    endInput: () => undefined,
    resize: async () => undefined,
    exitCode: () => {
      outputEnded.resolve();
      return new Promise(() => undefined);
    },
    kill: async (signal) => void signals.push(signal),
    destroy: () => undefined,
  };
  return { runtime: { exec: async () => session } as Partial<Runtime> as Runtime, signals, outputEnded };
}

function openStream() {
  const closed = Promise.withResolvers<undefined>();
  const next = async (): Promise<IteratorReturnResult<undefined>> => ({ done: true, value: await closed.promise });
  const stream: BusStream = {
    send: async () => undefined,
    end: async () => undefined,
    close: async () => closed.resolve(undefined),
    closed: closed.promise,
    incoming: { [Symbol.asyncIterator]: () => ({ next }) },
  };
  return stream;
}

it.each([
  [true, ['SIGHUP']],
  [false, []],
])('a client that goes after the output has ended leaves its command (terminal: %s)', async (tty, expected) => {
  const { runtime, signals, outputEnded } = running();
  const stream = openStream();
  const request = { operation: 'exec', options: { command: ['sh'], tty } } as unknown as NodeStreamRequest;
  const serving = serveSession({ id: 'c1' } as ContainerRecord, request, stream, runtime);
  await outputEnded.promise;
  await stream.close();
  await serving;
  expect(signals).toEqual(expected);
});
