import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { LogOptions } from '../contract.ts';
import { readFrames } from './frames.ts';

/** Output and errors of a container in one stream, in the order in which Docker wrote them down. */
export async function openLogs(docker: Docker, id: string, options: LogOptions): Promise<Readable> {
  const tty = (await docker.getContainer(id).inspect()).Config.Tty;
  const source = await dial(docker, id, options);
  options.signal.addEventListener('abort', () => source.destroy(), { once: true });
  if (options.signal.aborted) source.destroy();
  return tty ? source : Readable.from(output(source), { objectMode: false });
}

async function* output(source: Readable): AsyncGenerator<Buffer> {
  for await (const { data } of readFrames(source)) yield data;
}

/** dockerode reads a log without `follow` into memory before it hands it out; here every log is a stream. */
function dial(docker: Docker, id: string, options: LogOptions): Promise<Readable> {
  const request = {
    // The client takes the end of the path off unless it has options to put there.
    path: `/containers/${id}/logs?`,
    options: {
      stdout: true,
      stderr: true,
      follow: options.follow,
      timestamps: options.timestamps,
      ...(options.tailLines === undefined ? {} : { tail: options.tailLines }),
      ...(options.since === undefined ? {} : { since: options.since.toFixed(3) }),
    },
    method: 'GET',
    isStream: true,
    statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
  };
  return new Promise((resolve, reject) => {
    docker.modem.dial(request, (error: unknown, source: unknown) => {
      if (error === null || error === undefined) resolve(source as Readable);
      else reject(error);
    });
  });
}
