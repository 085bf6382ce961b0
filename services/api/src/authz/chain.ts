import type { UserInfo } from '../authn/index.ts';
import { type Attributes, type Authorizer, allowed, type Decision, noOpinion, type Refusal } from './contract.ts';

/** Members of this group may do everything (Kubernetes: the privileged group, bound nowhere). */
export const mastersGroup = 'system:masters';

export function isMaster(user: UserInfo): boolean {
  return user.groups.includes(mastersGroup);
}

/** Asks one authorizer after the other until one allows or denies; the reasons of all, and what kept them from deciding, are told when none does. */
export class AuthorizerChain implements Authorizer {
  readonly #authorizers: readonly Authorizer[];

  constructor(authorizers: readonly Authorizer[]) {
    this.#authorizers = authorizers;
  }

  /** Without a promise where no authorizer needs one: this is on the path of every request. */
  authorize(attributes: Attributes): Decision | Promise<Decision> {
    if (isMaster(attributes.user)) return allowed;
    return this.#ask(attributes, 0, noOpinion);
  }

  #ask(attributes: Attributes, from: number, before: Refusal): Decision | Promise<Decision> {
    let told = before;
    for (let i = from; i < this.#authorizers.length; i++) {
      const decision = (this.#authorizers[i] as Authorizer).authorize(attributes);
      if (decision instanceof Promise) return this.#continue(decision, attributes, i + 1, told);
      if (decision.allowed || decision.denied === true) return decision;
      told = join(told, decision);
    }
    return told;
  }

  async #continue(pending: Promise<Decision>, attributes: Attributes, next: number, told: Refusal): Promise<Decision> {
    const decision = await pending;
    if (decision.allowed || decision.denied === true) return decision;
    return this.#ask(attributes, next, join(told, decision));
  }
}

function join(told: Refusal, { reason, error }: Refusal): Refusal {
  if (reason === '' && error === undefined) return told;
  const reasons = told.reason === '' || reason === '' ? told.reason + reason : `${told.reason}\n${reason}`;
  const errors = [told.error, error].filter((one) => one !== undefined);
  if (errors.length === 0) return { allowed: false, reason: reasons };
  return { allowed: false, reason: reasons, error: errors.length === 1 ? (errors[0] as Error) : aggregate(errors) };
}

/** As apimachinery/pkg/util/errors words several at once. */
const aggregate = (errors: readonly Error[]): Error =>
  new AggregateError(errors, `[${errors.map(({ message }) => message).join(', ')}]`);
