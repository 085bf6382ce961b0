import type { ExecSession, Runtime } from '../runtime/contract.ts';

/** kubelet: as much of a probe's output is kept. */
const maxOutputBytes = 10 * 1024;

export interface Executed {
  /** Undefined when it took too long or was given up. */
  code?: number;
  output: string;
}

/**
 * Runs a command in a container and waits for its end. A command that takes too long is ended where the runtime can do that (see `ExecSession.kill`);
 * else it runs on.
 */
export async function execCommand(
  runtime: Pick<Runtime, 'exec'>,
  id: string,
  command: readonly string[],
  limits: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<Executed> {
  const gaveUp = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => gaveUp.resolve(undefined), limits.timeoutMs);
  limits.signal?.addEventListener('abort', () => gaveUp.resolve(undefined), { once: true });
  let session: ExecSession | undefined;
  const opening = runtime.exec(id, { command, tty: false, stdin: false });
  const output: Buffer[] = [];
  const run = async () => {
    session = await opening;
    let size = 0;
    await session.output(async ({ data }) => {
      if (size < maxOutputBytes) output.push(Buffer.from(data));
      size += data.length;
    });
    return session.exitCode();
  };
  try {
    const running = run();
    // Given up, nobody hears how it ends.
    running.catch(() => undefined);
    const code = await Promise.race([running, gaveUp.promise]);
    if (code === undefined) end(opening);
    const text = Buffer.concat(output).toString('utf8', 0, maxOutputBytes);
    return code === undefined ? { output: text } : { code, output: text };
  } finally {
    clearTimeout(timer);
    session?.destroy();
    opening.then((late) => late.destroy()).catch(() => undefined);
  }
}

/** Nobody waits for it: a command that cannot be ended is no reason to say nothing of the probe. */
function end(opening: Promise<ExecSession>): void {
  opening.then((session) => session.kill?.()).catch(() => undefined);
}
