import type { KubeObject } from '@kubus/shared/object';

/**
 * Objects, as they are stored, of which it is known that an update to what they are passes the rules and changes nothing: controllers and deployment tools
 * send the same again and again. It holds for this state of an object and these rules, and is forgotten with either.
 */
export class Settled {
  readonly #rules = new WeakMap<KubeObject, object>();

  has(rules: object, object: KubeObject): boolean {
    return this.#rules.get(object) === rules;
  }

  add(rules: object, object: KubeObject): void {
    this.#rules.set(object, rules);
  }
}
