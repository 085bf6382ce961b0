import { randomInt } from 'node:crypto';
import { isExpired, StatusError } from '@kubus/shared/errors';
import { hasProtobuf } from '@kubus/shared/schema';
import { defaultColumns } from '../../table/index.ts';
import { contextOf, type ResourceCall } from '../call.ts';
import type { Pipeline } from '../contract.ts';
import { negotiate, objectTransforms } from '../negotiate.ts';
import { isTrue } from '../request-info.ts';
import { apiRequestOf, includeObjectOf } from '../resources.ts';
import { type WatchEncoding, watchEncoding } from './encoding.ts';
import { ChunkJoiner, Flusher } from './flusher.ts';
import { WatchStream } from './stream.ts';

/** A watch that names no time ends after 30 to 60 minutes, so that watchers spread over replicas anew (--min-request-timeout). */
const MIN_WATCH_SECONDS = 1800;

export interface WatchesOptions {
  pipeline: Pipeline;
  now: () => Date;
  maxBacklogBytes?: number;
}

/** Serves watches over HTTP: lines of JSON, from the shared cache, written in rounds. */
export class Watches {
  readonly #options: WatchesOptions;
  readonly #flusher = new Flusher();
  readonly #joiner = new ChunkJoiner();
  readonly #open = new Set<WatchStream>();

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Resolves when the watch has ended. */
  async serve(call: ResourceCall): Promise<void> {
    const encoding = this.#encodingFor(call);
    const stream = this.#streamFor(call, encoding);
    const ended = new Promise<void>((resolve) => call.response.once('close', resolve));
    call.response.statusCode = 200;
    call.response.setHeader('content-type', encoding.contentType);
    call.response.setHeader('cache-control', 'no-cache, private');
    this.#open.add(stream);
    const timer = setTimeout(() => stream.end(), watchSeconds(call.query) * 1000);
    try {
      await this.#start(call, stream);
      call.onInitialized?.();
      await ended;
    } finally {
      clearTimeout(timer);
      this.#open.delete(stream);
    }
  }

  async #start(call: ResourceCall, stream: WatchStream): Promise<void> {
    try {
      stream.open(await this.#options.pipeline.watch(apiRequestOf(call), contextOf(call), stream));
      call.audit?.started(200);
    } catch (error) {
      // A revision that is gone is an event of a watch that began well: that is where every client looks for it.
      if (!isExpired(error)) throw error;
      stream.end(error);
    }
  }

  #encodingFor(call: ResourceCall): WatchEncoding {
    const { group, version, resource } = call.info;
    const served = this.#options.pipeline.registry.resource({ group, version, resource });
    const protobuf = served !== undefined && hasProtobuf(served);
    const representation = negotiate(call.request.headers.accept, transformsOf(call.query), protobuf);
    return watchEncoding({
      kind: { group, version, kind: served?.kind ?? '' },
      representation,
      columns: served?.table ?? defaultColumns,
      includeObject: includeObjectOf(call.query),
      now: this.#options.now,
    });
  }

  #streamFor(call: ResourceCall, encoding: WatchEncoding): WatchStream {
    const limit = this.#options.maxBacklogBytes;
    return new WatchStream({
      response: call.response,
      encoding,
      flusher: this.#flusher,
      joiner: this.#joiner,
      ...(limit === undefined ? {} : { maxBacklogBytes: limit }),
    });
  }

  /** Ends every watch: clients resume elsewhere from the revision they have. */
  stop(): void {
    for (const stream of this.#open) stream.end();
  }
}

/** A list that is streamed (KEP-3157) is given in no Table: its end is told in the metadata of a bookmark. */
function transformsOf(query: URLSearchParams): typeof objectTransforms {
  const streamsList = isTrue(query, 'sendInitialEvents') && isTrue(query, 'allowWatchBookmarks');
  return streamsList ? (as) => as.kind !== 'Table' && objectTransforms(as) : objectTransforms;
}

function watchSeconds(query: URLSearchParams): number {
  const text = query.get('timeoutSeconds');
  if (text === null || text === '') return MIN_WATCH_SECONDS + randomInt(MIN_WATCH_SECONDS);
  if (!/^\d{1,10}$/.test(text)) {
    throw new StatusError('BadRequest', `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  // 0 means none, as upstream takes it; a timer holds at most 2^31 milliseconds.
  return text === '0' ? MIN_WATCH_SECONDS + randomInt(MIN_WATCH_SECONDS) : Math.min(Number(text), 2_000_000);
}
