import { balancedAllocation } from './balanced-allocation.ts';
import type { Score } from './contract.ts';
import { leastAllocated } from './least-allocated.ts';
import { preferredAffinity } from './node-affinity.ts';
import { ownerSpread } from './owner-spread.ts';
import { softTaints } from './taint-toleration.ts';

export type { Best, NodeScores, Score } from './contract.ts';

export const scores: readonly Score[] = [
  softTaints,
  preferredAffinity,
  ownerSpread,
  leastAllocated,
  balancedAllocation,
];
