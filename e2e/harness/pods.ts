import { shell } from './pod-cases.ts';

/** Runs until it is told to end. */
export const stays = 'trap "exit 0" TERM; while :; do sleep 0.1; done';

/** With next to no grace period. */
export const podOf = (name: string, spec: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { terminationGracePeriodSeconds: 1, ...spec },
});

export const idle = (name: string, container: object = {}, more: object = {}, metadata: object = {}) =>
  podOf(name, { containers: [shell(stays, container)], ...more }, metadata);
