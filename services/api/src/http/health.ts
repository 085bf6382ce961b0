import { within } from '@kubus/shared/clock';
import type { PathCall } from './call.ts';
import { send } from './respond.ts';

/** A named condition of health. Throws or rejects with the reason when it does not hold. */
export interface HealthCheck {
  name: string;
  check(): Promise<void> | void;
  /** A failure that a restart would not heal (Redis away) says only that the api is not ready. Default false. */
  readinessOnly?: boolean;
}

const CHECK_TIMEOUT_MS = 5_000;

/** /livez, /readyz and /healthz, each check also by itself below them (kubernetes.io: "Kubernetes API health endpoints"). */
export class Health {
  readonly #checks: readonly HealthCheck[];

  constructor(checks: readonly HealthCheck[]) {
    this.#checks = checks;
  }

  async serve(call: PathCall): Promise<void> {
    const [, endpoint = '', only] = call.info.path.split('/');
    const excluded = new Set(call.query.getAll('exclude'));
    const relevant = this.#checks.filter((check) => endpoint === 'readyz' || check.readinessOnly !== true);
    const checks =
      only === undefined ? relevant.filter((c) => !excluded.has(c.name)) : relevant.filter((c) => c.name === only);
    if (only !== undefined && checks.length === 0) return text(call, 404, '404 page not found\n');
    const results = await Promise.all(checks.map(run));
    const ok = results.every((result) => result.ok);
    const lines = relevant
      .filter((check) => only === undefined || check.name === only)
      .map((check) => lineOf(check.name, results, excluded));
    const odd = [...excluded].filter((name) => !relevant.some((check) => check.name === name));
    if (only === undefined && odd.length > 0)
      lines.push(`warn: some health checks cannot be excluded: no matches for ${odd.map(quoted).join(', ')}`);
    if (ok && !call.query.has('verbose')) return text(call, 200, 'ok');
    await text(call, ok ? 200 : 500, `${lines.join('\n')}\n${endpoint} check ${ok ? 'passed' : 'failed'}\n`);
  }
}

interface Result {
  name: string;
  ok: boolean;
}

async function run(check: HealthCheck): Promise<Result> {
  // The reason is in the logs of whoever failed; here anybody may ask.
  const passed = (async () => check.check())().then(
    () => true,
    () => false,
  );
  return { name: check.name, ok: await within(CHECK_TIMEOUT_MS, passed, () => false) };
}

function lineOf(name: string, results: readonly Result[], excluded: ReadonlySet<string>): string {
  const result = results.find((candidate) => candidate.name === name);
  if (result === undefined) return excluded.has(name) ? `[+]${name} excluded: ok` : `[-]${name} unknown`;
  return result.ok ? `[+]${name} ok` : `[-]${name} failed: reason withheld`;
}

const quoted = (name: string): string => JSON.stringify(name);

function text(call: PathCall, code: number, body: string): Promise<void> {
  return send(call.request, call.response, {
    code,
    contentType: 'text/plain; charset=utf-8',
    body,
    headers: { 'x-content-type-options': 'nosniff' },
  });
}
