import { describe, expect, it } from 'vitest';
import type { CoreEvent } from './event-forms.ts';
import { eventErrors } from './event-rules.ts';

type Fields = Partial<Omit<CoreEvent, 'metadata'>> & { namespace?: string };

const made = ({ namespace = 'shop', ...fields }: Fields): CoreEvent => ({
  ...{ apiVersion: 'v1', kind: 'Event', metadata: { name: 'e', namespace } },
  involvedObject: { kind: 'Pod', namespace, name: 'web' },
  ...fields,
});

/** What is asked of all that have an eventTime. */
const reported = {
  ...{ eventTime: '2026-01-01T00:00:00.000000Z', type: 'Normal', reason: 'Tried', action: 'Try', message: 'm' },
  ...{ reportingComponent: 'example.com/tried', reportingInstance: 'one' },
} as const satisfies Fields;

const lines = (event: Fields, group: string, old?: Fields): string[] =>
  eventErrors(made(event), old && made(old), group).map(({ field, detail }) => `${field}: ${detail}`);

const misplaced = (about: string) => [
  `involvedObject.namespace: Invalid value: "${about}": does not match event.namespace`,
];

describe('an event of v1 without an eventTime', () => {
  it('lives where the object is that it is about, or in default', () => {
    expect(lines({}, '')).toEqual([]);
    expect(lines({ namespace: 'default', involvedObject: {} }, '')).toEqual([]);
    expect(lines({ involvedObject: { namespace: 'other' } }, '')).toEqual(misplaced('other'));
    for (const namespace of ['shop', 'kube-system'])
      expect(lines({ namespace, involvedObject: {} }, '')).toEqual(misplaced(''));
  });

  it('says what it likes, and changes as it likes', () => {
    const any = { type: 'Strange', count: 7, message: 'x'.repeat(2000), series: { count: 1 } };
    expect(lines(any, '')).toEqual([]);
    expect(lines({ ...any, reason: 'Changed', source: { component: 'x' } }, '', any)).toEqual([]);
  });
});

describe.each(['', 'events.k8s.io'])('an event with an eventTime, in the group %j', (group) => {
  it('says who reports what', () => {
    expect(lines(reported, group)).toEqual([]);
    const { eventTime, type } = reported;
    expect(lines({ eventTime, type }, group)).toEqual([
      'reportingController: Required value',
      'reportingController: Invalid value: "": name part must be non-empty',
      expect.stringMatching(/^reportingController: Invalid value: "": name part must consist of/),
      'reportingInstance: Required value',
      'action: Required value',
      'reason: Required value',
    ]);
    expect(lines({ ...reported, reportingComponent: 'not a name' }, group)).toEqual([
      expect.stringMatching(/^reportingController: Invalid value: "not a name": name part must consist of/),
    ]);
  });

  it('has no more to say than there is room for', () => {
    const long = { reportingInstance: 'x'.repeat(128), action: 'y'.repeat(128), reason: 'z'.repeat(128) };
    expect(lines({ ...reported, ...long, message: 'é'.repeat(512) }, group)).toEqual([]);
    const longer = { reportingInstance: 'x'.repeat(129), action: 'y'.repeat(129), reason: 'z'.repeat(129) };
    const tooLong = (name: string, max: number) => `${name}: Invalid value: "": can have at most ${max} characters`;
    expect(lines({ ...reported, ...longer, message: 'é'.repeat(513) }, group)).toEqual([
      ...['reportingInstance', 'action', 'reason'].map((name) => tooLong(name, 128)),
      tooLong('message', 1024),
    ]);
  });

  it('about what is in no namespace lives in default or kube-system, and else where it likes', () => {
    const about = { involvedObject: { kind: 'Node', name: 'n' } };
    for (const namespace of ['default', 'kube-system'])
      expect(lines({ ...reported, ...about, namespace }, group)).toEqual([]);
    expect(lines({ ...reported, ...about }, group)).toEqual(misplaced(''));
    expect(lines({ ...reported, involvedObject: { namespace: 'other' } }, group)).toEqual([]);
  });
});

describe('an event of events.k8s.io', () => {
  const group = 'events.k8s.io';

  it('has an eventTime and a type that is known', () => {
    expect(lines({ ...reported, eventTime: null, type: 'Strange' }, group)).toEqual([
      'eventTime: Required value',
      'type: Invalid value: "": has invalid value: Strange',
    ]);
    expect(lines({ ...reported, type: 'Warning' }, group)).toEqual([]);
  });

  it('has nothing that is deprecated', () => {
    const time = '2026-01-01T00:00:00Z';
    const old = { firstTimestamp: time, lastTimestamp: time, count: 1, source: { host: 'n' } };
    expect(lines({ ...reported, ...old }, group)).toEqual(
      ['firstTimestamp', 'lastTimestamp', 'count', 'source'].map(
        (name) => `${name}: Invalid value: "": needs to be unset`,
      ),
    );
    expect(lines({ ...reported, source: { component: 'c' } }, group)).toHaveLength(1);
    // As clients write what they have not set.
    expect(lines({ ...reported, firstTimestamp: null, lastTimestamp: null, count: 0, source: {} }, group)).toEqual([]);
  });

  it('is a series from the second time on', () => {
    expect(lines({ ...reported, series: { count: 1 } }, group)).toEqual([
      'series.count: Invalid value: "": should be at least 2',
      'series.lastObservedTime: Required value',
    ]);
    expect(lines({ ...reported, series: { count: 2, lastObservedTime: reported.eventTime } }, group)).toEqual([]);
  });

  it('keeps all but its series and its metadata', () => {
    const series = { count: 2, lastObservedTime: reported.eventTime };
    expect(lines({ ...reported, series }, group, reported)).toEqual([]);
    expect(lines({ ...reported, series: { count: 1 } }, group, reported)).toHaveLength(2);
    const changes: Fields = {
      ...{ involvedObject: { kind: 'Job' }, related: { kind: 'Job' }, source: { component: 'c' } },
      ...{ firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:00Z', count: 3 },
      ...{ eventTime: '2026-01-02T00:00:00.000000Z', type: 'Warning', reason: 'R', action: 'A', message: 'other' },
      ...{ reportingComponent: 'other', reportingInstance: 'two' },
    };
    for (const [name, value] of Object.entries(changes)) {
      const shown = name === 'reportingComponent' ? 'reportingController' : name;
      const told = `${shown}: Invalid value: ${JSON.stringify(value)}: field is immutable`;
      // In default, where what is about no namespace may be.
      const before = { ...reported, namespace: 'default' };
      expect(lines({ ...before, [name]: value }, group, before)).toEqual([told]);
    }
  });

  it('that was written as v1 has it can be counted on', () => {
    const old = { source: { component: 'c' }, firstTimestamp: '2026-01-01T00:00:00Z', count: 3, series: { count: 1 } };
    expect(lines({ ...reported, ...old }, group, { ...reported, ...old })).toEqual([]);
    const nothing = { source: {}, count: 0, involvedObject: { ...made({}).involvedObject, fieldPath: '' } };
    expect(lines({ ...reported, ...nothing }, group, reported)).toEqual([]);
  });
});
