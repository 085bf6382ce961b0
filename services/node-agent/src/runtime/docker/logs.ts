import { PassThrough, Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { LogOptions } from '../contract.ts';

/** Output and errors of a container in one stream, in the order in which Docker wrote them down. */
export async function openLogs(docker: Docker, id: string, options: LogOptions): Promise<Readable> {
  const container = docker.getContainer(id);
  const tty = (await container.inspect()).Config.Tty;
  const query = {
    stdout: true,
    stderr: true,
    timestamps: options.timestamps,
    ...(options.tailLines === undefined ? {} : { tail: options.tailLines }),
    ...(options.since === undefined ? {} : { since: options.since }),
  };
  if (!options.follow) {
    const raw = (await container.logs({ ...query, follow: false })) as Buffer;
    return Readable.from([tty ? raw : unframe(raw)]);
  }
  const stream = (await container.logs({ ...query, follow: true })) as NodeJS.ReadableStream & { destroy(): void };
  options.signal.addEventListener('abort', () => stream.destroy(), { once: true });
  const merged = new PassThrough();
  if (tty) stream.pipe(merged);
  else docker.modem.demuxStream(stream, merged, merged);
  stream.once('end', () => merged.end());
  stream.once('close', () => merged.end());
  stream.once('error', () => merged.end());
  return merged;
}

/** Docker frames the output of a container without a terminal: 1 byte stream, 3 zero, 4 length (big endian), data. */
function unframe(raw: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= raw.length; ) {
    const length = raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts);
}
