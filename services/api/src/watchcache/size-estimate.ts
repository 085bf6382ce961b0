import type { ResourceSize } from './contract.ts';
import type { ObjectTexts } from './object-texts.ts';
import type { OrderedObjects } from './ordered-objects.ts';

/** Objects that are looked at. */
const SAMPLE = 32;

/** How large the objects of a resource are on average: by some of them, looked at anew when there are twice as many or half as many as then. */
export class SizeEstimate {
  readonly #texts: ObjectTexts;
  #sampled = 0;
  #averageBytes = 0;

  constructor(texts: ObjectTexts) {
    this.#texts = texts;
  }

  of(objects: OrderedObjects): ResourceSize {
    const { size } = objects;
    if (size > 2 * this.#sampled || 2 * size < this.#sampled) this.#sample(objects);
    return { objects: size, averageBytes: this.#averageBytes };
  }

  #sample(objects: OrderedObjects): void {
    let bytes = 0;
    let looked = 0;
    for (const text of this.#texts.of([...objects.sample(SAMPLE)])) {
      bytes += text.byteLength;
      looked += 1;
    }
    this.#averageBytes = looked === 0 ? 0 : Math.ceil(bytes / looked);
    this.#sampled = objects.size;
  }
}
