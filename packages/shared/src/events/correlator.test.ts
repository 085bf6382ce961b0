import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventCorrelator } from './correlator.ts';
import { type EventObject, eventName, newEvent } from './event.ts';

const source = { component: 'replicaset-controller' };
const start = Date.UTC(2026, 0, 1);
let unique = 0n;
const event = (message: string, name = 'web', now = start): EventObject =>
  newEvent(
    { involvedObject: { kind: 'ReplicaSet', namespace: 'shop', name }, type: 'Normal', reason: 'Created', message },
    source,
    unique++,
    now,
  );

describe('EventCorrelator', () => {
  it('counts a repeated event under the name of the first', () => {
    const correlator = new EventCorrelator();
    const first = correlator.correlate(event('pod 1'), start);
    const second = correlator.correlate(event('pod 1', 'web', start + 5000), start + 5000);
    expect(first?.count).toBe(1);
    expect(second).toMatchObject({
      count: 2,
      metadata: { name: first?.metadata.name },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:05Z',
    });
  });

  it('combines the tenth different message of a reason, and what follows, into one event', () => {
    const correlator = new EventCorrelator();
    const results = Array.from({ length: 12 }, (_, i) => correlator.correlate(event(`pod ${i}`), start));
    expect(results[8]?.message).toBe('pod 8');
    expect(results[9]).toMatchObject({ message: '(combined from similar events): pod 9', count: 1 });
    expect(results[11]).toMatchObject({ message: '(combined from similar events): pod 11', count: 3 });
    expect(results[11]?.metadata.name).toBe(results[9]?.metadata.name);
  });

  it('starts combining anew after ten quiet minutes', () => {
    const correlator = new EventCorrelator({ spamBurst: 100 });
    for (let i = 0; i < 12; i++) correlator.correlate(event(`pod ${i}`), start);
    expect(correlator.correlate(event('later'), start + 601_000)?.message).toBe('later');
  });

  it('lets 25 events about one object through and then one every five minutes', () => {
    const correlator = new EventCorrelator();
    const passed = (now: number) => correlator.correlate(event('same', 'web', now), now) !== undefined;
    expect(Array.from({ length: 30 }, () => passed(start)).filter(Boolean)).toHaveLength(25);
    expect(passed(start + 299_000)).toBe(false);
    expect(passed(start + 301_000)).toBe(true);
    expect(passed(start + 302_000)).toBe(false);
  });

  it('keeps objects apart', () => {
    const correlator = new EventCorrelator();
    for (let i = 0; i < 40; i++) correlator.correlate(event(`pod ${i}`), start);
    expect(correlator.correlate(event('pod 1', 'other'), start)).toMatchObject({ count: 1, message: 'pod 1' });
  });

  it('never lets more through than the burst and the refill allow', () => {
    const steps = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 400 }), message: fc.nat(30) }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(steps, (events) => {
        const correlator = new EventCorrelator();
        let seconds = 0;
        let passed = 0;
        for (const { wait, message } of events) {
          seconds += wait;
          const now = start + seconds * 1000;
          if (correlator.correlate(event(`m${message}`, 'web', now), now) !== undefined) passed++;
        }
        expect(passed).toBeLessThanOrEqual(25 + Math.floor(seconds / 300 + 1e-9) + 1);
      }),
    );
  });
});

describe('the name of an event', () => {
  it('is the object and a hexadecimal number', () => {
    expect(eventName('web-7d4b', 255n)).toBe('web-7d4b.ff');
  });

  it('stays within 253 characters', () => {
    expect(eventName(`${'a'.repeat(249)}-bbbbbbbb`, 0x1234n)).toBe(`${'a'.repeat(248)}.1234`);
  });
});
