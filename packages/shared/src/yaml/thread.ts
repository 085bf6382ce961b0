import { parentPort, workerData } from 'node:worker_threads';
import { parseYaml } from './parse.ts';

/** The thread of parseYamlAside: one text in, its documents out. */
parentPort?.postMessage(parseYaml(workerData as string));
