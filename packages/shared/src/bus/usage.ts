import { z } from 'zod';
import { textOf } from './api/envelope.ts';

const amount = z.number().min(0);

const usage = z.object({
  /** Of a core: 1,000,000,000 is one core, over the whole window. */
  cpuNanos: amount,
  /** That cannot be given back at once (working set). */
  memoryBytes: amount,
});

const report = z.object({
  /** When it was measured; milliseconds since 1970. */
  time: z.number(),
  windowMs: amount,
  node: usage,
  pods: z.array(
    z.object({
      namespace: z.string(),
      name: z.string(),
      uid: z.string(),
      containers: z.array(usage.extend({ name: z.string() })),
    }),
  ),
});

/** What a node and its pods used between two measurements. */
export type UsageReport = z.infer<typeof report>;

/** How much of the CPU and of the memory. */
export type Usage = z.infer<typeof usage>;

/** A report as it goes over the bus. */
export function encodeUsage(usageReport: UsageReport): Uint8Array {
  return Buffer.from(JSON.stringify(usageReport));
}

/** Undefined for what is no report. */
export function decodeUsage(bytes: Uint8Array): UsageReport | undefined {
  try {
    return report.safeParse(JSON.parse(textOf(bytes))).data;
  } catch {
    return undefined;
  }
}
