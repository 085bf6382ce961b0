import { fnv32a, generatedName, numberInName, suffixCount } from '../common/safe-names.ts';

/**
 * Names for the next pods of a controller: they look like Kubernetes' random ones, but follow from what exists. The suffix is a running
 * number in disguise, a permutation of 0..27^5-1 that the controller's uid chooses; the next pod gets the number after the highest in use.
 *
 * So whoever plans from the same pods asks for the same names. When a worker dies with creates under way, or one was believed dead, the
 * creates of its successor meet `AlreadyExists` where otherwise there would be pods too many. This holds because pods are asked for in the
 * order of their numbers and made in that order: those still under way have the numbers after the highest.
 */
export function nextPodNames(options: {
  controllerUid: string;
  prefix: string;
  existing: Iterable<string>;
  isTaken: (name: string) => boolean;
  count: number;
}): string[] {
  const permutation = permutationFor(options.controllerUid);
  const names: string[] = [];
  let next = highest(options, permutation) + 1;
  for (let tried = 0; names.length < options.count && tried < suffixCount; tried++, next++) {
    const name = generatedName(options.prefix, permutation.disguise(next % suffixCount));
    if (!options.isTaken(name)) names.push(name);
  }
  return names;
}

function highest(options: { prefix: string; existing: Iterable<string> }, permutation: Permutation): number {
  let highest = -1;
  for (const name of options.existing) {
    const number = numberInName(options.prefix, name);
    if (number !== undefined) highest = Math.max(highest, permutation.reveal(number));
  }
  return highest;
}

interface Permutation {
  disguise(number: number): number;
  reveal(disguised: number): number;
}

/** n -> n * factor + offset, modulo 27^5. It has an inverse because the factor is no multiple of 3. */
function permutationFor(uid: string): Permutation {
  const seed = fnv32a(uid) % suffixCount;
  const factor = seed % 3 === 0 ? seed + 1 : seed;
  const offset = fnv32a(`offset/${uid}`) % suffixCount;
  const inverse = inverseOf(factor);
  // 27^5 squared is under 2^53: products are exact.
  return {
    disguise: (number) => (number * factor + offset) % suffixCount,
    reveal: (disguised) => ((disguised - offset + suffixCount) * inverse) % suffixCount,
  };
}

/** The number that multiplied with `factor` gives 1, modulo 27^5 (extended Euclid). */
function inverseOf(factor: number): number {
  let [a, b, x, y] = [factor, suffixCount, 1, 0];
  while (b !== 0) {
    const quotient = Math.floor(a / b);
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return ((x % suffixCount) + suffixCount) % suffixCount;
}
