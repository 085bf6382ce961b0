import { expect } from 'vitest';
import type { Case } from './case.ts';
import { rolledOut } from './objects.ts';

/** Each version has a node of its own to do this to. */
export const nodes: Case[] = [
  {
    verb: 'cordon, drain, uncordon',
    run: async (k) => {
      // A drain goes through all namespaces, and the other versions drain too.
      const name = `drained-${k.minor}`;
      await rolledOut(k, name, 2);
      const node = await k.run(`get pods -l app=${name} -o jsonpath={.items[0].spec.nodeName}`);
      expect(await k.run(`cordon ${node}`)).toMatch(/cordoned|already cordoned/);
      const drain = `drain ${node} --ignore-daemonsets --pod-selector=app=${name} --timeout=120s`;
      expect(await k.run(drain)).toMatch(/^pod\/drained-\S+ evicted$/m);
      expect(await k.run(`uncordon ${node}`)).toMatch(/uncordoned/);
    },
  },
  {
    verb: 'taint',
    run: async (k) => {
      const key = k.own('reserved');
      expect(await k.run(`taint node node-1 ${key}=a:PreferNoSchedule`)).toBe('node/node-1 tainted\n');
      await k.run(`taint node node-1 ${key}=b:PreferNoSchedule --overwrite`);
      const taints = await k.run('get node node-1 -o jsonpath={.spec.taints}');
      expect(JSON.parse(taints)).toContainEqual({ key, value: 'b', effect: 'PreferNoSchedule' });
      expect(await k.run(`taint node node-1 ${key}-`)).toBe('node/node-1 untainted\n');
    },
  },
  {
    verb: 'label and annotate a node',
    run: async (k) => {
      const key = k.own('rack');
      await k.run(`label node node-1 ${key}=seven`);
      expect(await k.run(`get nodes -l ${key} -o name`)).toBe('node/node-1\n');
      await k.run(`label node node-1 ${key}-`);
      expect(await k.run(`get nodes -l ${key} -o name`)).toBe('');
    },
  },
];
