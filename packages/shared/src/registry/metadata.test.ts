import { expect, it } from 'vitest';
import { builtinKinds } from './kinds/index.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';

const meta = (...finalizers: string[]) => ({ name: 'x', namespace: 'y', finalizers });

// Those whose validation upstream takes ValidateObjectMeta of apimachinery, not that of pkg/apis/core, or none at all.
it('finalizers of built-in kinds have a domain, but for a few kinds that are not asked', () => {
  const takesAny = builtinKinds.filter(({ strategy }) => {
    if (strategy === undefined) return false;
    const rules = { ...strategy, validateName: () => [] };
    const [created, changed] = [
      validateMetadata(meta('f'), true, rules),
      validateMetadataUpdate(meta('f'), meta(), rules),
    ];
    expect(created).toEqual(changed);
    return created.length === 0;
  });
  expect(takesAny.map(({ kind }) => kind).sort()).toEqual([
    'APIService',
    'CustomResourceDefinition',
    'Event',
    'Lease',
    'MutatingAdmissionPolicy',
    'MutatingAdmissionPolicyBinding',
    'MutatingWebhookConfiguration',
    'PodDisruptionBudget',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
    'ValidatingWebhookConfiguration',
  ]);
});

it('a finalizer that was there before is not asked again', () => {
  expect(validateMetadataUpdate(meta('f'), meta('f'))).toEqual([]);
});
