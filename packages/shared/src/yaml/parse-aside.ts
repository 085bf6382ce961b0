import { Worker } from 'node:worker_threads';
import { parseYaml, type YamlDocument } from './parse.ts';

/** Text up to this length is read at once, on the calling thread; characters. */
const inlineLength = 32_768;

export interface AsideOptions {
  /** Milliseconds, default 5,000. */
  timeoutMs?: number;
}

/**
 * Like parseYaml, for text from strangers: YAML of a megabyte can keep a parser busy for minutes. What is long is read on a thread of its own, which is ended when
 * it takes too long or too much memory; then the one document is an error.
 */
export async function parseYamlAside(text: string, options: AsideOptions = {}): Promise<YamlDocument[]> {
  const { timeoutMs = 5_000 } = options;
  if (text.length <= inlineLength) return parseYaml(text);
  try {
    // JSON is read by the engine itself, as fast as it comes in.
    return [{ value: JSON.parse(text) as unknown }];
  } catch {
    return parseOnThread(text, timeoutMs);
  }
}

function parseOnThread(text: string, timeoutMs: number): Promise<YamlDocument[]> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: text,
    resourceLimits: { maxOldGenerationSizeMb: 512, stackSizeMb: 4 },
  });
  return new Promise<YamlDocument[]>((resolve) => {
    const give = (documents: YamlDocument[]) => {
      clearTimeout(timer);
      resolve(documents);
    };
    const timer = setTimeout(() => {
      give([{ error: `cannot be read within ${timeoutMs} ms` }]);
      void worker.terminate();
    }, timeoutMs);
    worker.once('message', give);
    worker.once('error', (error) => give([{ error: `cannot be read: ${error.message}` }]));
    worker.once('exit', () => give([{ error: 'cannot be read' }]));
  });
}
