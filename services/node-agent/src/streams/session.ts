import type { BusStream, NodeStreamRequest } from '@kubus/shared/bus';
import type { Status } from '@kubus/shared/errors';
import type { ContainerRecord, ExecSession, Runtime } from '../runtime/contract.ts';
import { isTrue } from './query.ts';

/** Channels of Kubernetes' remote command protocol. */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** exec and attach: joins a stream with a command's or container's input and output, and ends it with the exit code as a Status. */
export async function serveSession(
  record: ContainerRecord,
  request: NodeStreamRequest,
  stream: BusStream,
  runtime: Runtime,
): Promise<void> {
  const { options } = request;
  const tty = isTrue(options['tty']);
  const stdin = isTrue(options['stdin']);
  const session =
    request.operation === 'exec'
      ? await runtime.exec(record.id, { command: commandOf(options['command']), tty, stdin })
      : await runtime.attach(record.id, { tty, stdin });
  const command: { is: 'running' | 'ended' | 'left' } = { is: 'running' };
  const gone = stream.closed.then((): never => {
    if (command.is === 'running') command.is = 'left';
    session.destroy();
    throw new Error('the client has gone');
  });
  gone.catch(() => undefined);
  const input = takeInput(stream, session);
  // A stream that is lost is no affair of this process: the output ends with it.
  input.catch(() => undefined);
  try {
    await session.output(({ stream: from, data }) => stream.send(from === 2 ? channel.stderr : channel.stdout, data));
    // The output may end long before the command: the engine ends that of a terminal with its input.
    const code = await Promise.race([session.exitCode(), gone]);
    command.is = 'ended';
    await stream.send(channel.error, Buffer.from(JSON.stringify(outcome(code))));
    await stream.close(outcome(code));
  } catch (error) {
    if (command.is !== 'left') throw error;
    // Who leaves a terminal hangs up. Without one, as in Kubernetes, a command learns it by its input and output alone.
    if (tty) await session.kill?.('SIGHUP');
  } finally {
    session.destroy();
    await input.catch(() => undefined);
  }
}

function commandOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)];
}

/** Until the other side closes; the end of channel 0 is the end of the command's input. */
async function takeInput(stream: BusStream, session: ExecSession): Promise<void> {
  for await (const { channel: from, data } of stream.incoming) {
    if (from === channel.stdin) {
      if (data === undefined) session.endInput();
      else await session.write(data);
    } else if (from === channel.resize && data !== undefined) {
      const size = sizeOf(data);
      if (size !== undefined) await session.resize(...size).catch(() => undefined);
    }
  }
}

/** Columns and rows; undefined for what is no size: a client may send anything. Names are read in any case, as Go does: clients differ. */
function sizeOf(data: Uint8Array): [number, number] | undefined {
  try {
    const sent = JSON.parse(Buffer.from(data).toString('utf8')) as object;
    const named = new Map(Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value as unknown]));
    const [width, height] = [named.get('width'), named.get('height')];
    return isSize(width) && isSize(height) ? [width, height] : undefined;
  } catch {
    return undefined;
  }
}

const isSize = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= 65_535;

/** As kubelet words it (remotecommand: NonZeroExitCode). */
function outcome(code: number): Status {
  if (code === 0) return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode' as never,
    message: `command terminated with non-zero exit code: exit status ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: `${code}` }] },
  };
}
