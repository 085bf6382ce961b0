import type { Readable } from 'node:stream';

/** As containerd's `image_pull_progress_timeout`; milliseconds. */
const quietMs = 300_000;

/** A line of what the engine tells. `error` is the older of the two, and deprecated. */
interface Progress {
  error?: string;
  errorDetail?: { message?: string };
}

/**
 * Pulls to the end. The engine answers 200 as soon as a pull begins, and says in the stream what goes wrong after that: a layer that is damaged or refused, a disk that
 * is full. Throws that, and when the engine has told of no progress for `mostQuietMs` (a registry that has fallen silent); the engine is then told to give up.
 */
export async function pullToEnd(
  begin: (signal: AbortSignal) => Promise<NodeJS.ReadableStream>,
  mostQuietMs = quietMs,
): Promise<void> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), mostQuietMs);
  try {
    for await (const line of linesOf((await begin(abort.signal)) as Readable)) {
      timer.refresh();
      const { errorDetail, error = errorDetail?.message } = JSON.parse(line) as Progress;
      if (error !== undefined) throw new Error(error);
    }
  } catch (cause) {
    if (!abort.signal.aborted) throw cause;
    throw new Error(`the pull made no progress for ${mostQuietMs / 1000} s`, { cause });
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const text of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line.trim() !== '');
  }
  if (rest.trim() !== '') yield rest;
}
