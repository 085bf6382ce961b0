/** A count, or a share of one such as '25%' (apimachinery/pkg/util/intstr). */
export type IntOrString = number | string;

/** The count that a value stands for out of `total`. Throws an Error with Kubernetes' message for text that is no percentage. */
export function scaledIntOrPercent(value: IntOrString, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  if (!value.endsWith('%')) throw new Error('invalid value for IntOrString: invalid type: string is not a percentage');
  const digits = value.slice(0, -1);
  if (!/^[-+]?[0-9]{1,15}$/.test(digits)) {
    throw new Error(
      `invalid value for IntOrString: invalid value ${JSON.stringify(value)}: strconv.Atoi: parsing ${JSON.stringify(digits)}: invalid syntax`,
    );
  }
  const share = (Number(digits) * total) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}
