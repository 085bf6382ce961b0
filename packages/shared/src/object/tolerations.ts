import type { Taint, Toleration } from '../schema/index.ts';

/**
 * Whether one of the tolerations covers the taint (core/v1 Toleration.ToleratesTaint): an absent key with Exists covers all, an absent effect covers all
 * effects. Lt and Gt compare whole numbers (KEP-5471).
 */
export function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some((toleration) => covers(toleration, taint));
}

function covers({ key = '', operator = '', value = '', effect = '' }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  switch (operator) {
    case '':
    case 'Equal':
      return key !== '' && value === (taint.value ?? '');
    case 'Exists':
      return true;
    case 'Lt':
      return compare(taint.value, value, (a, b) => a < b);
    case 'Gt':
      return compare(taint.value, value, (a, b) => a > b);
    default:
      return false;
  }
}

const whole = /^-?(0|[1-9][0-9]{0,18})$/;

function compare(a: string | undefined, b: string, holds: (a: bigint, b: bigint) => boolean): boolean {
  return a !== undefined && whole.test(a) && whole.test(b) && holds(BigInt(a), BigInt(b));
}
