import type Docker from 'dockerode';
import type { ExecOptions, ExecSession, OutputPiece } from '../contract.ts';
import { Frames } from './frames.ts';
import { type Hijacked, hijack } from './hijack.ts';
import { signalExec } from './signal-exec.ts';

/**
 * Keys are for the program in the terminal; kubectl looks for those that leave it by itself. The engine takes an empty sequence for its own, and holds back what may be the
 * beginning of one: ctrl-p, the line before in every shell. A sequence can only be replaced, so by what nobody types.
 */
const nobodysKeys = 'ctrl-^,ctrl-@,DEL,ctrl-_,ctrl-@,DEL';

export async function execInContainer(docker: Docker, id: string, options: ExecOptions): Promise<ExecSession> {
  const exec = await docker.getContainer(id).exec({
    Cmd: [...options.command],
    AttachStdin: options.stdin,
    AttachStdout: true,
    AttachStderr: !options.tty,
    Tty: options.tty,
    DetachKeys: nobodysKeys,
  });
  const connection = await hijack(docker, `/exec/${exec.id}/start`, { Detach: false, Tty: options.tty });
  return session(connection, options.tty, {
    resize: (w, h) => exec.resize({ w, h }),
    exitCode: () => exitCodeOf(exec),
    kill: (signal = 'SIGKILL') => signalExec(() => exec.inspect(), id, signal),
  });
}

/** The end of the output can be seen a moment before the engine has noted the exit. */
async function exitCodeOf(exec: Docker.Exec): Promise<number> {
  for (;;) {
    const { Running, ExitCode } = await exec.inspect();
    if (!Running) return ExitCode ?? unknownExitCode;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** As of a process that was killed. */
const unknownExitCode = 137;

/**
 * Joins a container. Whether there is a terminal, and what the end of the input means, is for the container to say: with stdinOnce it is told of it and its output goes on; else, as in
 * Kubernetes, who attached leaves it (containerd's ContainerIO.Attach), here when its answer has come to rest. The engine would cut the output off at once.
 */
export async function attachToContainer(
  docker: Docker,
  id: string,
  options: Omit<ExecOptions, 'command'>,
): Promise<ExecSession> {
  const container = docker.getContainer(id);
  const { Config } = await container.inspect();
  const asked = { stream: '1', stdin: options.stdin ? '1' : '0', stdout: '1', stderr: '1', detachKeys: nobodysKeys };
  const connection = await hijack(docker, `/containers/${id}/attach?${new URLSearchParams(asked)}`);
  const isTold = Config.StdinOnce === true && !Config.Tty;
  return session(connection, Config.Tty, {
    resize: (w, h) => container.resize({ w, h }),
    exitCode: async () => 0,
    leavesAtRest: !isTold,
  });
}

interface Controls {
  resize(columns: number, rows: number): Promise<unknown>;
  exitCode(): Promise<number>;
  kill?(signal?: NodeJS.Signals): Promise<void>;
  /** The end of the input is not told: when no output came for a while, the session ends. */
  leavesAtRest?: boolean;
}

const restMs = 500;

/** One hijacked connection. */
function session(connection: Hijacked, tty: boolean, controls: Controls): ExecSession {
  const ended = Promise.withResolvers<void>();
  let untaken = 0;
  let isDestroyed = false;
  let rest: NodeJS.Timeout | undefined;
  const leave = (): void => {
    // Output that its reader has yet to take is not lost.
    if (untaken > 0) rest?.refresh();
    else connection.destroy();
  };
  return {
    output: async (take) => {
      const piecesOf = tty ? plain : framed();
      try {
        // A connection that breaks ends the output; the exit code tells what came of the command. It is 126, as of one that cannot be executed, when the engine had more output and nobody took it.
        await connection.takeAll(async (chunk) => {
          rest?.refresh();
          untaken += 1;
          await Promise.all(Array.from(piecesOf(chunk), take));
          untaken -= 1;
        });
        if (isDestroyed) throw new Error('the session was left before its output had ended');
      } finally {
        clearTimeout(rest);
        ended.resolve();
      }
    },
    write: async (data) => connection.write(data),
    endInput: () => {
      if (controls.leavesAtRest !== true) connection.end();
      else rest ??= setTimeout(leave, restMs);
    },
    resize: async (columns, rows) => {
      await controls.resize(columns, rows);
    },
    exitCode: async () => {
      await ended.promise;
      return controls.exitCode();
    },
    ...(controls.kill === undefined ? {} : { kill: controls.kill }),
    destroy: () => {
      isDestroyed = true;
      clearTimeout(rest);
      connection.destroy();
    },
  };
}

const plain = (chunk: Buffer): Iterable<OutputPiece> => [{ stream: 1, data: chunk }];

function framed(): (chunk: Buffer) => Iterable<OutputPiece> {
  const frames = new Frames();
  return (chunk) => frames.piecesOf(chunk);
}
