import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import type { FrontRequest, FrontResponse } from './exchange.ts';
import { type Answer, etagOf, matchesEtag, send } from './respond.ts';

const gzip = promisify<Buffer, Buffer>(gzipCallback);

/** A document that is the same for everybody until the set of kinds changes. */
export interface Document {
  contentType: string;
  body: Buffer;
  etag: string;
  /** The body as those are sent it who take gzip: packed once, aside. */
  packed(): Promise<Buffer>;
}

/** `body` is kept, not copied, when it is bytes. */
export function documentOf(contentType: string, body: string | Buffer, etag = etagOf(body)): Document {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  let packed: Promise<Buffer> | undefined;
  return {
    contentType,
    body: bytes,
    etag,
    packed: () => {
      packed ??= gzip(bytes);
      return packed;
    },
  };
}

/** Answers with a document, or with 304 when the client has it. `over`: headers beside those that all have, and whether people are given it as they like it. */
export async function sendDocument(
  request: FrontRequest,
  response: FrontResponse,
  document: Document,
  over: Pick<Answer, 'headers' | 'pretty'> = {},
): Promise<void> {
  const known = matchesEtag(request, document.etag);
  await send(request, response, {
    code: known ? 304 : 200,
    contentType: document.contentType,
    body: known ? '' : document.body,
    packed: document.packed,
    ...over,
    headers: { etag: document.etag, vary: 'Accept', ...over.headers },
  });
}

/** Makes documents when first asked for and keeps them as long as `source` stays the same object (the registry, which is replaced when kinds change). */
export class DocumentCache {
  readonly #documents = new Map<string, Document>();
  #source: object | undefined;

  get(source: object, key: string, make: () => Document): Document {
    if (this.#source !== source) this.#documents.clear();
    this.#source = source;
    const known = this.#documents.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#documents.set(key, made);
    return made;
  }
}
