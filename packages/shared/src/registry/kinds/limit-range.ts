import type { LimitRange, LimitRangeItem } from '../../schema/index.ts';
import type { KindDeclaration } from '../contract.ts';
import { validateLimits } from '../quota/validate-limits.ts';

export const limitRange: KindDeclaration<LimitRange> = {
  kind: 'LimitRange',
  plural: 'limitranges',
  singular: 'limitrange',
  shortNames: ['limits'],
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema: 'io.k8s.api.core.v1.LimitRange' }],
  strategy: {
    allowCreateOnUpdate: true,
    setDefaults({ spec }) {
      for (const item of spec?.limits ?? []) if (item.type === 'Container') setItemDefaults(item);
    },
    validate: validateLimits,
  },
};

/** What is not said follows: a default limit from the maximum, a default request from the default limit or else the minimum. */
function setItemDefaults(item: LimitRangeItem): void {
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}
