/**
 * The conversion webhook of this example: `node main.ts [folder [port]]`. Nothing beyond Node.js and openssl is needed.
 * It makes itself a certificate in the folder (default: ./backup-webhook), whose tls.crt is what the API is to trust.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Backup, convert } from './convert.ts';

const [folder = 'backup-webhook', port = '9443'] = process.argv.slice(2);

interface Review {
  request: { uid: string; desiredAPIVersion: string; objects: Backup[] };
}

function certificate(): { cert: Buffer; key: Buffer } {
  const [cert, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  if (!existsSync(cert)) {
    mkdirSync(folder, { recursive: true });
    const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
    const what = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '365'];
    execFileSync(
      'openssl',
      ['req', '-x509', ...what, '-subj', '/CN=backup-webhook', '-addext', names, '-keyout', key, '-out', cert],
      { stdio: 'pipe' },
    );
  }
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

/** Failures are an answer too: the client of the API is told the message. */
function answer({ request: { uid, desiredAPIVersion, objects } }: Review): object {
  try {
    const convertedObjects = objects.map((backup) => convert(backup, desiredAPIVersion));
    return { uid, result: { status: 'Success' }, convertedObjects };
  } catch (error) {
    return { uid, result: { status: 'Failure', message: error instanceof Error ? error.message : String(error) } };
  }
}

async function read(request: IncomingMessage): Promise<Review> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Review;
}

const server = createServer(certificate(), async (request, response) => {
  try {
    const review = await read(request);
    const body = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response: answer(review) };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  } catch {
    response.writeHead(400).end();
  }
});
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`converting at https://127.0.0.1:${(server.address() as AddressInfo).port}/convert\n`);
});
