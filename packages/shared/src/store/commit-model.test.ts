import { startRedis, type TestServer } from '@kubus/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubeObject, ObjectKey } from '../object/index.ts';
import { type CommitResult, type Operation, RedisStore, type Refusal } from './index.ts';

const pods = { group: '', resource: 'pods' };
let server: TestServer;
let count = 0;

beforeAll(async () => {
  server = await startRedis({ appendfsync: 'no' });
});
afterAll(() => server.stop());

/** What an operation is made from: small numbers, so that they meet. */
interface Step {
  verb: 'create' | 'update' | 'delete';
  name: number;
  /** Index value, and uid. */
  value: number;
  account: number;
  amount: number;
  enforce: boolean;
  limit: number | undefined;
  lock: 'none' | 'current' | 'wrong' | 'uid';
}

interface Held {
  revision: number;
  step: Step;
}

/** The same rules, written as plainly as can be: each operation on a copy of everything. */
class Model {
  objects = new Map<string, Held>();
  revision = 0;

  commit(steps: readonly Step[], atomic: boolean): (number | Refusal['reason'])[] {
    const before = { objects: new Map(this.objects), revision: this.revision };
    const results = steps.map((step) => this.#one(step));
    if (!atomic || results.every((result) => typeof result === 'number')) return results;
    Object.assign(this, before);
    const first = results.findIndex((result) => typeof result !== 'number');
    return results.map((result, i) => (i === first ? result : 'Aborted'));
  }

  used(account: number): number {
    let used = 0;
    for (const { step } of this.objects.values()) if (step.account === account) used += step.amount;
    return used;
  }

  /** The limit that the last write to set one has set; an object's limit goes with it. */
  limit(account: number): number | undefined {
    const [last] = [...this.objects.values()]
      .filter(({ step }) => step.account === account && step.limit !== undefined)
      .sort((a, b) => b.revision - a.revision);
    return last?.step.limit;
  }

  #one(step: Step): number | Refusal['reason'] {
    const name = `p${step.name}`;
    const current = this.objects.get(name);
    if (step.verb === 'create' ? current !== undefined : current === undefined)
      return current === undefined ? 'NotFound' : 'AlreadyExists';
    if (step.verb !== 'create' && step.lock === 'wrong') return 'Conflict';
    if (step.verb !== 'create' && step.lock === 'uid' && current?.step.value !== step.value) return 'Conflict';
    if (step.verb === 'delete') {
      this.objects.delete(name);
      return ++this.revision;
    }
    if (step.enforce && !this.#fits(step, current)) return 'Insufficient';
    this.objects.set(name, { revision: ++this.revision, step });
    return this.revision;
  }

  #fits(step: Step, current: Held | undefined): boolean {
    const held = current?.step.account === step.account ? current.step.amount : 0;
    if (step.amount <= held) return true;
    const limit = this.limit(step.account);
    return limit !== undefined && this.used(step.account) - held + step.amount <= limit;
  }
}

/** Limits belong to an account's own object, as a node's do: only names 4 and 5 set them, each of its own account. */
const step: fc.Arbitrary<Step> = fc
  .record({
    verb: fc.constantFrom('create', 'create', 'update', 'update', 'delete'),
    name: fc.nat(5),
    value: fc.nat(2),
    account: fc.nat(1),
    amount: fc.nat(5),
    enforce: fc.boolean(),
    limit: fc.nat(12),
    lock: fc.constantFrom('none', 'none', 'wrong', 'uid'),
  } as const)
  .map((s) =>
    s.name >= 4 ? { ...s, account: s.name - 4, amount: 0, enforce: false } : { ...s, limit: undefined },
  ) as fc.Arbitrary<Step>;

const key = (s: Step): ObjectKey => ({ ...pods, namespace: 'n', name: `p${s.name}` });

function operation(s: Step): Operation {
  const wrong = { resourceVersion: '999999' };
  const preconditions = s.lock === 'wrong' ? wrong : s.lock === 'uid' ? { uid: `u${s.value}` } : {};
  if (s.verb === 'delete') return { type: 'delete', key: key(s), preconditions };
  const object: KubeObject = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { namespace: 'n', name: `p${s.name}`, uid: `u${s.value}` },
  };
  const account = `node/${s.account}`;
  const footprint = {
    charges: [{ account, amounts: { cpu: s.amount }, enforce: s.enforce }],
    limits: s.limit === undefined ? [] : [{ account, limits: { cpu: s.limit } }],
  };
  return s.verb === 'create'
    ? { type: 'create', key: key(s), object, ...footprint }
    : { type: 'update', key: key(s), object, preconditions, ...footprint };
}

const brief = (result: CommitResult) => (result.ok ? result.revision : result.refusal.reason);

it('does what the model does, and leaves behind what the model holds', { timeout: 60_000 }, async () => {
  const commit = fc.tuple(fc.array(step, { minLength: 1, maxLength: 5 }), fc.boolean());
  // Commits of one turn share a call of the script, and must not know of each other's refusals.
  const turns = fc.array(fc.array(commit, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(turns, async (all) => {
      const store = await RedisStore.connect({ url: server.url, tag: `m${++count}` });
      const model = new Model();
      for (const turn of all) {
        const results = await Promise.all(
          turn.map(([steps, atomic]) => store.commit(steps.map(operation), { atomic })),
        );
        expect(results.map((of) => of.map(brief))).toEqual(turn.map(([steps, atomic]) => model.commit(steps, atomic)));
      }
      await expectSame(store, model);
      await store.close();
    }),
    { numRuns: 150 },
  );
});

async function expectSame(store: RedisStore, model: Model): Promise<void> {
  const { items, revision } = await store.list(pods);
  const held = [...model.objects].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(revision).toBe(model.revision);
  expect(items.map((o) => [o.metadata.name, Number(o.metadata.resourceVersion)])).toEqual(
    held.map(([name, { revision: at }]) => [name, at]),
  );
  // What is used shows in what is refused.
  for (const account of [0, 1]) {
    const probe: Step = {
      verb: 'create',
      name: 9,
      value: 0,
      account,
      amount: 1_000,
      enforce: true,
      limit: undefined,
      lock: 'none',
    };
    const [result] = await store.commit([operation(probe)]);
    const numbers = { used: model.used(account), limit: model.limit(account) ?? 0 };
    expect(result).toMatchObject({ ok: false, refusal: { reason: 'Insufficient', ...numbers } });
  }
}
