import { CPU, MEMORY } from '../cluster/resources.ts';
import type { Score } from './contract.ts';

/** Prefers the node on which CPU and memory would be used in like parts (NodeResourcesBalancedAllocation); of two parts the deviation is half their difference. */
export const balancedAllocation: Score = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  dependsOn: 'pods',
  relevant(pod, nodes) {
    // A pod that asks for nothing balances nothing.
    if (pod.cpu === 0 && pod.memory === 0) return undefined;
    const cpu = nodes.allocatable[CPU] as Float64Array;
    const memory = nodes.allocatable[MEMORY] as Float64Array;
    const usedCpu = nodes.used[CPU] as Float64Array;
    const usedMemory = nodes.used[MEMORY] as Float64Array;
    return {
      best: 'none',
      fill(slots, count, into) {
        for (let i = 0; i < count; i++) {
          const slot = slots[i] as number;
          const ofCpu = partOf(cpu[slot] as number, (usedCpu[slot] as number) + pod.cpu);
          const ofMemory = partOf(memory[slot] as number, (usedMemory[slot] as number) + pod.memory);
          into[i] = Math.trunc(100 - Math.abs(ofCpu - ofMemory) * 50);
        }
      },
    };
  },
};

function partOf(capacity: number, used: number): number {
  return used >= capacity ? 1 : used / capacity;
}
