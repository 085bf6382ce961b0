import { describe, expect, it } from 'vitest';
import type { CronJob, Job, JobSpec } from '../../schema/index.ts';
import { cronJob } from '../kinds/cron-job.ts';
import { job as declaration } from '../kinds/job.ts';
import { scheduleError } from './schedule.ts';

const template = (spec: object = {}) => ({
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }], ...spec },
});

function job(spec: Partial<JobSpec> = {}, name = 'j'): Job {
  const made: Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, uid: 'u-1' },
    spec: { template: template(), ...structuredClone(spec) },
  };
  declaration.strategy?.setDefaults?.(made);
  declaration.strategy?.prepareForCreate?.(made, { now: '2026-01-01T00:00:00Z' });
  declaration.strategy?.named?.(made, '');
  return made;
}

const lines = (errors: readonly { field: string; detail: string }[]) => errors.map((e) => `${e.field}: ${e.detail}`);
const errors = (spec: Partial<JobSpec>, name?: string) =>
  lines(declaration.strategy?.validate?.(job(spec, name)) ?? []);

const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 };
const onExit = (more: object) => ({
  podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1], ...more } }] },
});

describe('a job', () => {
  it('is given the selector and the labels by which it finds its pods', () => {
    const { spec } = job();
    expect(spec?.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } });
    expect(spec?.template.metadata?.labels).toEqual({
      'controller-uid': 'u-1',
      'batch.kubernetes.io/controller-uid': 'u-1',
      'job-name': 'j',
      'batch.kubernetes.io/job-name': 'j',
    });
    expect(errors({})).toEqual([]);
  });

  it('takes its labels along to another name when the generated one was taken', () => {
    const made = job({}, 'j-aaaaa');
    made.metadata.name = 'j-bbbbb';
    declaration.strategy?.named?.(made, 'j-aaaaa');
    expect(made.spec?.template.metadata?.labels).toMatchObject({ 'job-name': 'j-bbbbb' });
    expect(declaration.strategy?.validate?.(made)).toEqual([]);
  });

  it('has the defaults of one pod that has to succeed', () => {
    expect(job().spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      manualSelector: false,
    });
    expect(job({ parallelism: 2 }).spec?.completions).toBeUndefined();
    expect(job({ ...indexed, backoffLimitPerIndex: 1 }).spec?.backoffLimit).toBe(2_147_483_647);
    expect(job({ ...onExit({}) }).spec?.podReplacementPolicy).toBe('Failed');
  });

  const table: [string, Partial<JobSpec>, string[]][] = [
    [
      'a negative count',
      { parallelism: -1 },
      ['spec.parallelism: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'pods that are restarted always',
      { template: template({ restartPolicy: 'Always' }) },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      'pods that are restarted in no way that there is',
      { template: template({ restartPolicy: 'Sometimes' }) },
      [
        'spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
        'spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "OnFailure", "Never"',
      ],
    ],
    [
      'an unknown mode',
      { completionMode: 'Foo' },
      ['spec.completionMode: Unsupported value: "Foo": supported values: "Indexed", "NonIndexed"'],
    ],
    [
      'indexes without a count',
      { completionMode: 'Indexed', parallelism: 1 },
      ['spec.completions: Required value: when completion mode is Indexed'],
    ],
    [
      'a limit per index without indexes',
      { backoffLimitPerIndex: 1 },
      ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
    ],
    [
      'failed indexes without their limit',
      { ...indexed, maxFailedIndexes: 1 },
      ['spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified'],
    ],
    [
      'exit codes out of order, twice and zero',
      onExit({ values: [3, 0, 3] }),
      [
        'spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator',
        'spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 3',
        'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [3,0,3]: must be ordered',
      ],
    ],
    [
      'a container that is not there',
      onExit({ containerName: 'other' }),
      [
        'spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "other": must be one of the container or initContainer names in the pod template',
      ],
    ],
    [
      'a failure policy beside restarts',
      { ...onExit({}), template: template({ restartPolicy: 'OnFailure' }) },
      [
        'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
      ],
    ],
    [
      'a success policy without indexes',
      { successPolicy: { rules: [{ succeededCount: 1 }] } },
      ['spec.successPolicy: Invalid value: {"rules":[{"succeededCount":1}]}: requires indexed completion mode'],
    ],
    [
      'more successes than indexes that are named',
      { ...indexed, successPolicy: { rules: [{ succeededCount: 3, succeededIndexes: '0-1' }] } },
      [
        'spec.successPolicy.rules[0].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
      ],
    ],
    [
      'another manager without a domain',
      { managedBy: 'me' },
      ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      'a selector that is not its own',
      { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'other' } } },
      [
        'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"other"}}: `selector` not auto-generated',
        'spec.template.metadata.labels: Invalid value: {"controller-uid":"u-1","batch.kubernetes.io/controller-uid":"u-1","job-name":"j","batch.kubernetes.io/job-name":"j"}: `selector` does not match template `labels`',
      ],
    ],
  ];
  it.each(table)('is refused for %s', (_, spec, expected) => {
    expect(errors(spec)).toEqual(expected);
  });

  it('is refused when its pods could not be named', () => {
    const name = 'n'.repeat(62);
    expect(errors(indexed, name)).toEqual([
      `metadata.name: Invalid value: "${name}": will not able to create pod with invalid DNS label: ${name}-2`,
    ]);
  });

  const update = (before: Partial<JobSpec>, after: Partial<JobSpec>) =>
    lines(declaration.strategy?.validateUpdate?.(job(after), job(before)) ?? []);

  it('keeps what its pods were made by', () => {
    expect(update({ parallelism: 1 }, { parallelism: 2 })).toEqual([]);
    expect(update({ completions: 1 }, { completions: 2 })).toEqual([
      'spec.completions: Invalid value: 2: field is immutable',
    ]);
    expect(update(indexed, { ...indexed, completions: 4 })).toEqual([
      'spec.completions: Invalid value: 4: can only be modified in tandem with spec.parallelism',
    ]);
    expect(update(indexed, { ...indexed, completions: 4, parallelism: 4 })).toEqual([]);
    expect(update({}, { template: template({ hostNetwork: true }) })[0]).toMatch(/^spec.template: Invalid value: /);
  });

  it('may be sent elsewhere while it is suspended', () => {
    const elsewhere = template({ nodeSelector: { a: 'b' } });
    expect(update({ suspend: true }, { suspend: true, template: elsewhere })).toEqual([]);
    expect(update({}, { template: elsewhere })).toHaveLength(1);
  });
});

describe('a cron job', () => {
  function cron(spec: object, name = 'c'): CronJob {
    const made = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name },
      spec: { schedule: '* * * * *', jobTemplate: { spec: { template: template() } }, ...spec },
    } as CronJob;
    cronJob.strategy?.setDefaults?.(made);
    return made;
  }
  const errors = (spec: object, name?: string) => {
    const made = cron(spec, name);
    return lines([...(cronJob.strategy?.validate?.(made) ?? []), ...(cronJob.strategy?.validateCreate?.(made) ?? [])]);
  };

  const table: [string, object, string[]][] = [
    ['nothing', {}, []],
    ['no schedule', { schedule: '' }, ['spec.schedule: Required value']],
    [
      'too few fields',
      { schedule: '* * *' },
      ['spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]'],
    ],
    [
      'a zone in the schedule',
      { schedule: 'TZ=UTC 0 * * * *' },
      [
        'spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
    [
      'a zone that nobody knows',
      { timeZone: 'Mars/Olympus' },
      ['spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus'],
    ],
    [
      'the machine’s own zone',
      { timeZone: 'local' },
      [
        'spec.timeZone: Invalid value: "local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ],
    ],
    [
      'an unknown policy',
      { concurrencyPolicy: 'Maybe' },
      ['spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"'],
    ],
    [
      'a selector in its template',
      { jobTemplate: { spec: { selector: {}, template: template() } } },
      ['spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated'],
    ],
  ];
  it.each(table)('says of %s what it should', (_, spec, expected) => {
    expect(errors(spec)).toEqual(expected);
  });

  it('has a name that leaves room for its jobs’', () => {
    const name = 'n'.repeat(53);
    expect(errors({}, name)).toEqual([`metadata.name: Invalid value: "${name}": must be no more than 52 characters`]);
  });

  it.each([
    ['0 0 1 1 *', undefined],
    ['*/15 9-17 * jan-mar MON-FRI', undefined],
    ['1,2,30 ? * * 0', undefined],
    ['5/10 * * * *', undefined],
    ['@daily', undefined],
    ['@every 1h30m', undefined],
    ['@never', 'unrecognized descriptor: @never'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['9-5 * * * *', 'beginning of range (9) beyond end of range (5): 9-5'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['*/x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['*/1/2 * * * *', 'too many slashes: */1/2'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ])('reads the schedule %j', (schedule, expected) => {
    expect(scheduleError(schedule)).toBe(expected);
  });
});
