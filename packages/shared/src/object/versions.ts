const kubeLike = /^v(\d+)(?:(alpha|beta)(\d+))?$/;

/** Versions in the order in which clients prefer them: v2, v1, v2beta1, v1alpha1, then all others by name (apimachinery/pkg/version). */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [kubeLike.exec(a), kubeLike.exec(b)];
  if (left === null || right === null) {
    if (left !== null || right !== null) return left === null ? 1 : -1;
    return a < b ? -1 : 1;
  }
  const stability = (match: RegExpExecArray): number => (match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0);
  return (
    stability(right) - stability(left) ||
    Number(right[1]) - Number(left[1]) ||
    Number(right[3] ?? 0) - Number(left[3] ?? 0)
  );
}
