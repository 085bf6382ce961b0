import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import { StatusError, type StatusReason } from '@kubus/shared/errors';
import type { Pod } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { buildPod, silent } from '../../test/rig.ts';
import { StatusReporter } from './status-reporter.ts';

let sent: { name: string; phase: string | undefined }[][];
let bodies: unknown[];
let answers: (Error | StatusReason)[];
let hold: Promise<void> | undefined;
let revision: number;
let reporter: StatusReporter;

beforeEach(() => {
  sent = [];
  bodies = [];
  answers = [];
  hold = undefined;
  revision = 100;
  reporter = new StatusReporter({ api: { batch }, log: silent, collectMs: 1, holdMs: 5, retryMs: 5 });
});

async function batch(requests: readonly ApiRequest[]): Promise<ApiResponse[]> {
  sent.push(requests.map(({ name = '', body }) => ({ name, phase: (body as Pod).status?.phase })));
  bodies.push(...requests.map(({ body }) => (body as Pod).status));
  await hold;
  const answer = answers.shift();
  if (answer instanceof Error) throw answer;
  if (answer !== undefined) {
    const error = new StatusError(answer, 'refused');
    return requests.map(() => ({ code: error.code, body: error.toStatus() }));
  }
  return requests.map(({ body }) => {
    const { metadata, status } = body as Pod;
    return { code: 200, body: { metadata: { ...metadata, resourceVersion: `${++revision}` }, status } };
  });
}

const report = (name: string, phase: string, pod: Partial<Pod> = {}, resourceVersion = '1') => {
  const built = buildPod(name);
  reporter.report({ ...built, ...pod, metadata: { ...built.metadata, resourceVersion } }, { phase });
};
const phases = (name: string) =>
  sent
    .flat()
    .filter((s) => s.name === name)
    .map((s) => s.phase);
const sentOf = (name: string, ...expected: string[]) => eventually(() => expect(phases(name)).toEqual(expected));

describe('statuses', () => {
  it('of many pods go in one request', async () => {
    for (const name of ['a', 'b', 'c']) report(name, 'Running');
    await sentOf('c', 'Running');
    expect(sent).toHaveLength(1);
  });

  it('are sent once, however often they are reported', async () => {
    report('a', 'Pending');
    report('a', 'Pending');
    await sentOf('a', 'Pending');
    report('a', 'Pending');
    report('b', 'Pending');
    await sentOf('b', 'Pending');
    expect(phases('a')).toEqual(['Pending']);
  });

  it('that are outdated before they were sent are left out', async () => {
    report('a', 'Pending');
    report('a', 'Running');
    await sentOf('a', 'Running');
  });

  it('on the way to others are held until those come', async () => {
    reporter = new StatusReporter({ api: { batch }, log: silent, collectMs: 1, holdMs: 60_000 });
    report('a', 'Pending');
    report('b', 'Running');
    await sentOf('b', 'Running');
    report('a', 'Running');
    await sentOf('a', 'Running');
  });

  it('of a pod that ends are held longer', async () => {
    reporter = new StatusReporter({ api: { batch }, log: silent, collectMs: 1, holdMs: 1, longHoldMs: 60_000 });
    const { metadata } = buildPod('a');
    const ending = { ...metadata, resourceVersion: '1', deletionTimestamp: '2026-01-01T00:00:00Z' };
    reporter.report({ ...buildPod('a'), metadata: ending }, { phase: 'Pending', observedGeneration: 2 });
    report('b', 'Pending');
    await sentOf('b', 'Pending');
    reporter.report({ ...buildPod('a'), metadata: ending }, { phase: 'Failed', observedGeneration: 2 });
    await sentOf('a', 'Failed');
  });

  it('that are held are sent when the reporter ends, or the pod is waited for', async () => {
    reporter = new StatusReporter({ api: { batch }, log: silent, collectMs: 1, holdMs: 60_000 });
    report('a', 'Pending');
    await reporter.settled(buildPod('a').metadata.uid ?? '');
    expect(phases('a')).toEqual(['Pending']);
    report('b', 'Pending');
    await reporter.stop();
    expect(phases('b')).toEqual(['Pending']);
  });

  it('that come while one is under way are sent after it', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    hold = promise;
    report('a', 'Pending');
    await sentOf('a', 'Pending');
    report('a', 'Running');
    resolve();
    await sentOf('a', 'Pending', 'Running');
  });

  it.each([
    new Error('no bus'),
    'Timeout' as const,
    'Conflict' as const,
  ])('are sent until they are accepted: %s', async (answer) => {
    answers = [answer, answer];
    report('a', 'Running');
    await sentOf('a', 'Running', 'Running', 'Running');
  });

  it.each(['NotFound', 'Invalid'] as const)('are given up when they are refused for good: %s', async (answer) => {
    answers = [answer];
    report('a', 'Running');
    await sentOf('a', 'Running');
    report('b', 'Running');
    await sentOf('b', 'Running');
    expect(phases('a')).toEqual(['Running']);
  });

  it('are sent again when the pod shows another one, of a later revision than the accepted', async () => {
    report('a', 'Running');
    await sentOf('a', 'Running');
    report('a', 'Running', { status: { phase: 'Pending' } }, '100');
    report('a', 'Running', { status: { phase: 'Running' } }, '101');
    report('a', 'Running', { status: { phase: 'Running' } }, '105');
    report('a', 'Running', { status: { phase: 'Unknown' } }, '106');
    await sentOf('a', 'Running', 'Running');
  });

  it('take back why a pod had ended when they do not say so any more', async () => {
    report('a', 'Running', { status: { phase: 'Failed', reason: 'Terminated', message: 'node shutdown' } });
    await sentOf('a', 'Running');
    expect(bodies).toEqual([{ phase: 'Running', reason: null, message: null }]);
    reporter.report({ ...buildPod('b'), status: { phase: 'Running', reason: 'x' } }, { phase: 'Failed', reason: 'y' });
    await sentOf('b', 'Failed');
    expect(bodies.at(-1)).toEqual({ phase: 'Failed', reason: 'y' });
  });

  it('of a forgotten pod are not sent', async () => {
    report('a', 'Running');
    reporter.forget('uid-a');
    report('b', 'Running');
    await sentOf('b', 'Running');
    expect(phases('a')).toEqual([]);
  });

  it('that wait are sent before the end', async () => {
    report('a', 'Running');
    await reporter.stop();
    expect(phases('a')).toEqual(['Running']);
  });

  it.each([
    ['not sent again', [], ['Running']],
    ['sent once more when they were refused', ['ServiceUnavailable'], ['Running', 'Running']],
  ] as const)('that are under way at the end are waited for and %s', async (_, refusals, expected) => {
    const release = Promise.withResolvers<void>();
    hold = release.promise;
    answers = [...refusals];
    report('a', 'Running');
    await sentOf('a', 'Running');
    const stopped = reporter.stop();
    release.resolve();
    await stopped;
    expect(phases('a')).toEqual(expected);
  });
});
