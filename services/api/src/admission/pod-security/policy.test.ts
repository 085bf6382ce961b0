import { expect, it } from 'vitest';
import { noConfiguration } from './configuration.ts';
import { formatStandard, policyOf } from './policy.ts';

const { defaults } = noConfiguration;

function standards(labels: Record<string, string>, others = defaults) {
  const named = Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]);
  const { enforce, audit, warn } = policyOf(Object.fromEntries(named), others);
  return [enforce, audit, warn].map(formatStandard);
}

it.each([
  ['nothing', {}, ['privileged:latest', 'privileged:latest', 'privileged:latest']],
  ['what is enforced alone', { enforce: 'baseline' }, ['baseline:latest', 'privileged:latest', 'baseline:latest']],
  [
    'what is enforced, of a version',
    { enforce: 'baseline', 'enforce-version': 'v1.30' },
    ['baseline:v1.30', 'privileged:latest', 'baseline:v1.30'],
  ],
  [
    'which version warnings are of',
    { enforce: 'baseline', 'enforce-version': 'v1.30', 'warn-version': 'v1.31' },
    ['baseline:v1.30', 'privileged:latest', 'baseline:v1.31'],
  ],
  [
    'that there are no warnings',
    { enforce: 'restricted', warn: 'privileged' },
    ['restricted:latest', 'privileged:latest', 'privileged:latest'],
  ],
  [
    'nothing that is known',
    { enforce: 'tight', audit: 'tight', warn: 'tight' },
    ['restricted:latest', 'privileged:latest', 'privileged:latest'],
  ],
])('labels that say %s', (_, labels, expected) => {
  expect(standards(labels)).toEqual(expected);
});

it('labels go before defaults, each for itself', () => {
  const warn = { level: 'restricted', minor: 29 } as const;
  const others = { ...defaults, enforce: { level: 'baseline', minor: 30 } as const, warn };
  expect(standards({}, others)).toEqual(['baseline:v1.30', 'privileged:latest', 'restricted:v1.29']);
  expect(standards({ enforce: 'privileged', 'warn-version': 'latest' }, others)).toEqual([
    'privileged:v1.30',
    'privileged:latest',
    'restricted:latest',
  ]);
});
