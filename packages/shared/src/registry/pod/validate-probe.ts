import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { Container, HTTPGetAction, LifecycleHandler, Probe } from '../../schema/index.ts';
import { field } from '../field.ts';
import type { ContainerRole } from './validate-container.ts';

const kinds = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** Probes and hooks (pkg/apis/core/validation validateProbe, validateLifecycle). */
export function validateProbes(
  container: Container,
  path: string,
  role: ContainerRole,
  gracePeriod: number,
): FieldError[] {
  const restartable = container.restartPolicy === 'Always';
  const why =
    role === 'ephemeral'
      ? 'cannot be set for an Ephemeral Container'
      : role === 'init' && !restartable
        ? 'may not be set for init containers without restartPolicy=Always'
        : undefined;
  if (why !== undefined) {
    const set = [...kinds, 'lifecycle' as const].filter((name) => container[name] !== undefined);
    return set.map((name) => field.forbidden(`${path}.${name}`, why));
  }
  const errors = kinds.flatMap((kind) => {
    const probe = container[kind];
    return probe === undefined ? [] : validateProbe(probe, `${path}.${kind}`, kind);
  });
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = container.lifecycle?.[hook];
    if (handler !== undefined) errors.push(...validateHandler(handler, `${path}.lifecycle.${hook}`, gracePeriod));
  }
  return errors;
}

const counts = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

function validateProbe(probe: Probe, where: string, kind: (typeof kinds)[number]): FieldError[] {
  const errors = validateHandler(probe, where);
  for (const name of counts) {
    const value = probe[name] ?? 0;
    if (value < 0) errors.push(field.invalid(`${where}.${name}`, value, 'must be greater than or equal to 0'));
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    errors.push(field.invalid(`${where}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  }
  if (kind === 'readinessProbe') {
    if (grace !== undefined) {
      const why = 'must not be set for readinessProbes';
      errors.push(field.invalid(`${where}.terminationGracePeriodSeconds`, grace, why));
    }
  } else if ((probe.successThreshold ?? 1) !== 1) {
    errors.push(field.invalid(`${where}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  return errors;
}

type Handler = Partial<Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'>> & Pick<LifecycleHandler, 'sleep'>;

/** `gracePeriod` is given for hooks: they may sleep. */
function validateHandler(handler: Handler, where: string, gracePeriod?: number): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const present = [exec, httpGet, tcpSocket, grpc, sleep].filter((one) => one !== undefined);
  const errors: FieldError[] = [];
  if (present.length === 0) errors.push(field.required(where, 'must specify a handler type'));
  if (present.length > 1) errors.push(field.forbidden(where, 'may not specify more than 1 handler type'));
  if (exec !== undefined && (exec.command ?? []).length === 0) errors.push(field.required(`${where}.exec.command`));
  if (httpGet !== undefined) errors.push(...httpGetErrors(httpGet, `${where}.httpGet`));
  if (tcpSocket !== undefined) errors.push(...portErrors(tcpSocket.port, `${where}.tcpSocket.port`));
  if (grpc !== undefined) errors.push(...portErrors(grpc.port, `${where}.grpc.port`));
  if (sleep !== undefined && gracePeriod !== undefined && (sleep.seconds < 0 || sleep.seconds > gracePeriod)) {
    const why = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`;
    errors.push(field.invalid(`${where}.sleep`, sleep.seconds, why));
  }
  return errors;
}

const schemes = ['HTTP', 'HTTPS'];

function httpGetErrors({ path, port, scheme, httpHeaders = [] }: HTTPGetAction, where: string): FieldError[] {
  const errors = path ? [] : [field.required(`${where}.path`)];
  errors.push(...portErrors(port, `${where}.port`));
  if (!schemes.includes(scheme ?? '')) errors.push(field.notSupported(`${where}.scheme`, scheme ?? '', schemes));
  for (const { name } of httpHeaders) {
    if (/^[-A-Za-z0-9]+$/.test(name)) continue;
    const why =
      "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
    errors.push(field.invalid(`${where}.httpHeaders`, name, why));
  }
  return errors;
}

function portErrors(port: string | number | undefined, where: string): FieldError[] {
  if (typeof port === 'number') return field.invalids(where, port, names.portNumber(port));
  return field.invalids(where, port ?? '', names.portName(port ?? ''));
}
