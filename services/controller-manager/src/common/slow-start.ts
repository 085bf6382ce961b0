/**
 * Works through items in rounds of 1, 2, 4, ... and stops after the first round that had a failure, so that a mistake that hits every item
 * (a quota, a refused template) costs few requests instead of all (Kubernetes: slowStartBatch). `first` is the size of the first round, for
 * who has just seen as many succeed.
 */
export async function slowStart<T, R>(
  items: readonly T[],
  round: (items: readonly T[]) => Promise<R[]>,
  failed: (result: R) => boolean,
  first = 1,
): Promise<R[]> {
  const results: R[] = [];
  for (let size = first; results.length < items.length; size *= 2) {
    const outcome = await round(items.slice(results.length, results.length + size));
    results.push(...outcome);
    if (outcome.length === 0 || outcome.some(failed)) break;
  }
  return results;
}
