import type { KubeObject } from '@kubus/shared/object';

/** The JSON of objects that never change, in UTF-8: made when first asked for, gone with the object. Lists are put together from it. */
export class ObjectTexts {
  readonly #texts = new WeakMap<KubeObject, Uint8Array>();

  *of(objects: readonly KubeObject[]): Generator<Uint8Array> {
    for (const object of objects) {
      let text = this.#texts.get(object);
      if (text === undefined) {
        text = Buffer.from(JSON.stringify(object));
        this.#texts.set(object, text);
      }
      yield text;
    }
  }
}
