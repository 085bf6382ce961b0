import type { UserInfo } from '../authn/index.ts';
import { type Attributes, type Authorizer, allowed, type Decision } from './contract.ts';

/** Members of this group may do everything (Kubernetes: the privileged group, bound nowhere). */
export const mastersGroup = 'system:masters';

export function isMaster(user: UserInfo): boolean {
  return user.groups.includes(mastersGroup);
}

/** Asks one authorizer after the other until one allows or denies; the reasons of all are told when none does. */
export class AuthorizerChain implements Authorizer {
  readonly #authorizers: readonly Authorizer[];

  constructor(authorizers: readonly Authorizer[]) {
    this.#authorizers = authorizers;
  }

  /** Without a promise where no authorizer needs one: this is on the path of every request. */
  authorize(attributes: Attributes): Decision | Promise<Decision> {
    if (isMaster(attributes.user)) return allowed;
    return this.#ask(attributes, 0, '');
  }

  #ask(attributes: Attributes, from: number, reasons: string): Decision | Promise<Decision> {
    let told = reasons;
    for (let i = from; i < this.#authorizers.length; i++) {
      const decision = (this.#authorizers[i] as Authorizer).authorize(attributes);
      if (decision instanceof Promise) return this.#continue(decision, attributes, i + 1, told);
      if (decision.allowed || decision.denied === true) return decision;
      told = join(told, decision.reason);
    }
    return { allowed: false, reason: told };
  }

  async #continue(pending: Promise<Decision>, attributes: Attributes, next: number, told: string): Promise<Decision> {
    const decision = await pending;
    if (decision.allowed || decision.denied === true) return decision;
    return this.#ask(attributes, next, join(told, decision.reason));
  }
}

function join(told: string, reason: string): string {
  return told === '' || reason === '' ? told + reason : `${told}\n${reason}`;
}
