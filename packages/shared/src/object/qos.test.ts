import { describe, expect, it } from 'vitest';
import type { Container, Pod, ResourceRequirements } from '../schema/index.ts';
import { qosClass } from './qos.ts';

const all = { cpu: '1', memory: '1Gi' };
const container = (resources: ResourceRequirements | undefined): Container => ({
  name: 'main',
  ...(resources === undefined ? {} : { resources }),
});
const pod = (
  spec: { whole?: ResourceRequirements; init?: ResourceRequirements },
  ...each: ResourceRequirements[]
): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: {
    ...(spec.whole === undefined ? {} : { resources: spec.whole }),
    ...(spec.init === undefined ? {} : { initContainers: [container(spec.init)] }),
    containers: each.map(container),
  },
});

describe('the class of a pod', () => {
  it.each([
    ['BestEffort', 'asks for nothing', pod({}, {}, {})],
    ['BestEffort', 'asks for nothing but storage', pod({}, { requests: { 'ephemeral-storage': '1Gi' } })],
    ['BestEffort', 'asks for none of anything', pod({}, { requests: { cpu: '0' } })],
    ['Burstable', 'asks for something in one container', pod({}, {}, { requests: { cpu: '1m' } })],
    ['Burstable', 'is limited less in one container', pod({}, { limits: all, requests: all }, {})],
    ['Burstable', 'asks for less than its limit', pod({}, { limits: all, requests: { ...all, cpu: '500m' } })],
    ['Burstable', 'is limited in memory alone', pod({}, { limits: { memory: '1Gi' }, requests: { memory: '1Gi' } })],
    ['Burstable', 'has an init container that asks for nothing', pod({ init: {} }, { limits: all, requests: all })],
    [
      'Guaranteed',
      'asks for all that it may have, however it is written',
      pod({}, { limits: all, requests: { cpu: '1000m', memory: '1024Mi' } }),
    ],
    ['Guaranteed', 'has limits alone', pod({}, { limits: all })],
    [
      'Guaranteed',
      'has them as a whole, whatever its containers say',
      pod({ whole: { limits: all, requests: all } }, {}, { requests: { cpu: '1m' } }),
    ],
    [
      'Burstable',
      'asks for less as a whole',
      pod({ whole: { limits: all, requests: { cpu: '500m' } } }, { limits: all }),
    ],
    ['BestEffort', 'says nothing as a whole, nor in its containers', pod({ whole: {} }, {})],
  ])('is %s when it %s', (expected, _, each) => {
    expect(qosClass(each)).toBe(expected);
  });
});
