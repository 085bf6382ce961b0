import { once } from 'node:events';
import { type Duplex, PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import type { ExecOptions, ExecSession } from '../contract.ts';

export async function execInContainer(docker: Docker, id: string, options: ExecOptions): Promise<ExecSession> {
  const exec = await docker.getContainer(id).exec({
    Cmd: [...options.command],
    AttachStdin: options.stdin,
    AttachStdout: true,
    AttachStderr: !options.tty,
    Tty: options.tty,
  });
  const stream = await exec.start({ hijack: true, stdin: true, Tty: options.tty });
  return session(docker, stream, options.tty, {
    resize: (w, h) => exec.resize({ w, h }),
    exitCode: async () => (await exec.inspect()).ExitCode ?? 137,
  });
}

export async function attachToContainer(
  docker: Docker,
  id: string,
  options: Omit<ExecOptions, 'command'>,
): Promise<ExecSession> {
  const container = docker.getContainer(id);
  const stream = await container.attach({
    stream: true,
    hijack: true,
    stdin: options.stdin,
    stdout: true,
    stderr: true,
  });
  return session(docker, stream as Duplex, options.tty, {
    resize: (w, h) => container.resize({ w, h }),
    exitCode: async () => 0,
  });
}

interface Controls {
  resize(columns: number, rows: number): Promise<unknown>;
  exitCode(): Promise<number>;
}

/** One hijacked connection as separate streams. Output flows only as fast as it is read. */
function session(docker: Docker, stream: Duplex, tty: boolean, controls: Controls): ExecSession {
  const stdout = new PassThrough();
  const stderr = tty ? undefined : new PassThrough();
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      stdout.end();
      stderr?.end();
      resolve();
    };
    stream.once('end', end);
    stream.once('close', end);
    stream.once('error', end);
  });
  if (stderr === undefined) stream.pipe(stdout);
  else docker.modem.demuxStream(stream, stdout, stderr);
  return {
    stdout,
    ...(stderr === undefined ? {} : { stderr }),
    write: async (data) => {
      if (!stream.writable || stream.write(data)) return;
      await Promise.race([once(stream, 'drain'), ended]);
    },
    endInput: () => stream.end(),
    resize: async (columns, rows) => {
      await controls.resize(columns, rows);
    },
    exitCode: async () => {
      await ended;
      return controls.exitCode();
    },
    destroy: () => stream.destroy(),
  };
}
