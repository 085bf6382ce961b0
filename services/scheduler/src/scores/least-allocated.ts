import { CPU, MEMORY } from '../cluster/resources.ts';
import type { Score } from './contract.ts';

/** Prefers the node with the larger part of CPU and memory left (NodeResourcesFit, LeastAllocated). */
export const leastAllocated: Score = {
  name: 'NodeResourcesFit',
  weight: 1,
  dependsOn: 'pods',
  relevant(pod, nodes) {
    const cpu = nodes.allocatable[CPU] as Float64Array;
    const memory = nodes.allocatable[MEMORY] as Float64Array;
    const { scoredCpu, scoredMemory } = nodes;
    return {
      best: 'none',
      fill(slots, count, into) {
        for (let i = 0; i < count; i++) {
          const slot = slots[i] as number;
          const ofCpu = leftOf(cpu[slot] as number, (scoredCpu[slot] as number) + pod.scoredCpu);
          const ofMemory = leftOf(memory[slot] as number, (scoredMemory[slot] as number) + pod.scoredMemory);
          into[i] = Math.trunc((ofCpu + ofMemory) / 2);
        }
      },
    };
  },
};

function leftOf(capacity: number, used: number): number {
  return used >= capacity ? 0 : Math.trunc(((capacity - used) * 100) / capacity);
}
