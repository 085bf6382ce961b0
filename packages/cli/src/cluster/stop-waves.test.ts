import { expect, it } from 'vitest';
import { stopWaves } from './stop-waves.ts';

it('stops who asks before every api, and the servers last', () => {
  const started = ['redis', 'nats', 'api', 'api-2', 'scheduler', 'controller-manager', 'node-1'];
  expect(stopWaves(started)).toEqual([
    ['scheduler', 'controller-manager', 'node-1'],
    ['api', 'api-2'],
    ['redis', 'nats'],
  ]);
});

it('stops what a start that was interrupted had come to', () => {
  expect(stopWaves(['redis'])).toEqual([[], [], ['redis']]);
});
