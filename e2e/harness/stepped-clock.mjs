// Preloaded into the processes of a cluster: their wall clock is as far off as a file says, which is looked at ten times a second. Timers and
// the monotonic clock are left alone, as when somebody sets the clock of a machine.
import { readFileSync } from 'node:fs';

const Real = Date;
let offset = 0;

function look() {
  try {
    offset = Number(readFileSync(process.env.KUBUS_TEST_CLOCK, 'utf8')) || 0;
  } catch {
    offset = 0;
  }
}

globalThis.Date = new Proxy(Real, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [Real.now() + offset] : given, newTarget),
  apply: () => new Real(Real.now() + offset).toString(),
  get: (target, name, receiver) => (name === 'now' ? () => Real.now() + offset : Reflect.get(target, name, receiver)),
});

look();
setInterval(look, 100).unref();
