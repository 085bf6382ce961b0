import { fn, type Overload } from '../function.ts';
import { opaque } from '../types.ts';
import { CelOpaque } from '../values.ts';

/** What a policy asks of authorization: may the user do this? */
export interface AuthorizationCheck {
  /** Absent: the user of the request. */
  serviceAccount?: { namespace: string; name: string };
  /** A path that is no resource; with it only the verb counts. */
  path?: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  verb: string;
  fieldSelector?: string;
  labelSelector?: string;
}

export interface AuthorizationDecision {
  allowed: boolean;
  reason?: string;
  error?: string;
}

/** Decides at once; expressions do not wait. */
export type AuthorizationHook = (check: AuthorizationCheck) => AuthorizationDecision;

type Details = Omit<AuthorizationCheck, 'verb'>;

abstract class Asking extends CelOpaque {
  readonly hook: AuthorizationHook;
  readonly details: Details;

  constructor(hook: AuthorizationHook, details: Details) {
    super();
    this.hook = hook;
    this.details = details;
  }

  equals(other: CelOpaque): boolean {
    return this === other;
  }
}

const nothing: Details = { group: '', resource: '', subresource: '', namespace: '', name: '' };

/** The value of the variable `authorizer`. */
export class AuthorizerValue extends Asking {
  readonly typeName = 'kubernetes.authorization.Authorizer';

  constructor(hook: AuthorizationHook, details: Details = nothing) {
    super(hook, details);
  }
}

class PathCheck extends Asking {
  readonly typeName = 'kubernetes.authorization.PathCheck';
}
class GroupCheck extends Asking {
  readonly typeName = 'kubernetes.authorization.GroupCheck';
}

/** The value of `authorizer.requestResource` too. */
export class ResourceCheckValue extends Asking {
  readonly typeName = 'kubernetes.authorization.ResourceCheck';
}

class Decision extends CelOpaque {
  readonly typeName = 'kubernetes.authorization.Decision';
  readonly decision: AuthorizationDecision;

  constructor(decision: AuthorizationDecision) {
    super();
    this.decision = decision;
  }

  equals(other: CelOpaque): boolean {
    return this === other;
  }
}

const A = 'kubernetes.authorization';
const R = `${A}.ResourceCheck`;
/** As Kubernetes counts a check. */
const check = { cost: () => 350_000 };
const text = { resultSize: () => 1024 };
const narrowed = (asking: ResourceCheckValue, part: Partial<Details>): ResourceCheckValue =>
  new ResourceCheckValue(asking.hook, { ...asking.details, ...part });
const decide = ({ hook, details }: Asking, verb: string): Decision => new Decision(hook({ ...details, verb }));

export const authorizerType = opaque(`${A}.Authorizer`);
export const resourceCheckType = opaque(R);

/** Kubernetes' authorizer library. */
export const authorizers: readonly Overload[] = [
  fn(
    `${A}.Authorizer.path(string): ${A}.PathCheck`,
    (_, { hook, details }: AuthorizerValue, path: string) => new PathCheck(hook, { ...details, path }),
  ),
  fn(
    `${A}.Authorizer.group(string): ${A}.GroupCheck`,
    (_, { hook, details }: AuthorizerValue, group: string) => new GroupCheck(hook, { ...details, group }),
  ),
  fn(
    `${A}.Authorizer.serviceAccount(string, string): ${A}.Authorizer`,
    (_, { hook, details }: AuthorizerValue, namespace: string, name: string) =>
      new AuthorizerValue(hook, { ...details, serviceAccount: { namespace, name } }),
  ),
  fn(
    `${A}.GroupCheck.resource(string): ${R}`,
    (_, { hook, details }: GroupCheck, resource: string) => new ResourceCheckValue(hook, { ...details, resource }),
  ),
  fn(`${R}.subresource(string): ${R}`, (_, asking: ResourceCheckValue, subresource: string) =>
    narrowed(asking, { subresource }),
  ),
  fn(`${R}.namespace(string): ${R}`, (_, asking: ResourceCheckValue, namespace: string) =>
    narrowed(asking, { namespace }),
  ),
  fn(`${R}.name(string): ${R}`, (_, asking: ResourceCheckValue, name: string) => narrowed(asking, { name })),
  fn(`${R}.fieldSelector(string): ${R}`, (_, asking: ResourceCheckValue, fieldSelector: string) =>
    narrowed(asking, { fieldSelector }),
  ),
  fn(`${R}.labelSelector(string): ${R}`, (_, asking: ResourceCheckValue, labelSelector: string) =>
    narrowed(asking, { labelSelector }),
  ),
  fn(`${R}.check(string): ${A}.Decision`, (_, asking: ResourceCheckValue, verb: string) => decide(asking, verb), check),
  fn(
    `${A}.PathCheck.check(string): ${A}.Decision`,
    (_, asking: PathCheck, verb: string) => decide(asking, verb),
    check,
  ),
  fn(`${A}.Decision.allowed(): bool`, (_, { decision }: Decision) => decision.allowed),
  fn(`${A}.Decision.reason(): string`, (_, { decision }: Decision) => decision.reason ?? '', text),
  fn(`${A}.Decision.errored(): bool`, (_, { decision }: Decision) => decision.error !== undefined),
  fn(`${A}.Decision.error(): string`, (_, { decision }: Decision) => decision.error ?? '', text),
];
