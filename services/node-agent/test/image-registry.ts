import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const run = promisify(execFile);
const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

interface Blob {
  type: string;
  content: Buffer;
  digest: string;
}

/** A registry on this machine, which engines trust without TLS, of images that hold nothing but files. */
export class ImageRegistry {
  readonly #blobs = new Map<string, Blob>();
  readonly #tags = new Map<string, string>();
  readonly #server = createServer((request, response) => this.#answer(request, response));
  /** Manifests that were asked for. */
  pulls = 0;

  static async start(): Promise<ImageRegistry> {
    const registry = new ImageRegistry();
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Gives back the reference by which the image is pulled. */
  async put(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const layer = await archiveOf(files);
    const diff = digestOf(layer);
    const config = this.#add('application/vnd.docker.container.image.v1+json', {
      ...{ architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', os: 'linux', config: {} },
      rootfs: { type: 'layers', diff_ids: [diff] },
    });
    const packed = this.#add('application/vnd.docker.image.rootfs.diff.tar.gzip', gzipSync(layer));
    const manifest = this.#add(manifestType, {
      ...{ schemaVersion: 2, mediaType: manifestType },
      config: descriptor(config),
      layers: [descriptor(packed)],
    });
    this.#tags.set(name, manifest.digest);
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}:1`;
  }

  #add(type: string, value: object): Blob {
    const content = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
    const blob = { type, content, digest: digestOf(content) };
    this.#blobs.set(blob.digest, blob);
    return blob;
  }

  #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    const [, name = '', kind = '', reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
    if (kind === 'manifests') this.pulls += 1;
    const blob = this.#blobs.get(reference.startsWith('sha256:') ? reference : (this.#tags.get(name) ?? ''));
    if (url !== '/v2/' && blob === undefined) response.writeHead(404).end();
    else if (blob === undefined) response.writeHead(200).end();
    else {
      response.writeHead(200, {
        'content-type': blob.type,
        'content-length': blob.content.length,
        'docker-content-digest': blob.digest,
      });
      response.end(method === 'HEAD' ? undefined : blob.content);
    }
  }
}

const digestOf = (content: Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`;
const descriptor = ({ type, content, digest }: Blob) => ({ mediaType: type, size: content.length, digest });

/** A tar archive of files by their paths. */
export async function archiveOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-image-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
    const { stdout } = await run('tar', ['-c', '-C', dir, '.'], { encoding: 'buffer' });
    return stdout;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
