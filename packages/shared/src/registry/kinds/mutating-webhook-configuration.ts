import type { MutatingWebhookConfiguration } from '../../schema/index.ts';
import { setMutatingWebhookDefaults } from '../admission/defaults.ts';
import { validateWebhooks } from '../admission/validate-webhook.ts';
import { age, ageColumn, integer, nameColumn } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';

const group = 'admissionregistration.k8s.io';

export const mutatingWebhookConfiguration: KindDeclaration<MutatingWebhookConfiguration> = {
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  singular: 'mutatingwebhookconfiguration',
  scope: 'Cluster',
  versions: [{ group, version: 'v1', schema: 'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration' }],
  strategy: {
    takesShortFinalizers: true,
    hasGeneration: true,
    requireResourceVersion: true,
    validate: ({ webhooks }) => validateWebhooks(webhooks),
    setDefaults({ webhooks = [] }) {
      for (const webhook of webhooks) setMutatingWebhookDefaults(webhook);
    },
  },
  table: {
    columns: [nameColumn, integer('Webhooks', 'How many webhooks the configuration has.'), ageColumn],
    cells: (object, now) => [object.metadata.name, (object.webhooks ?? []).length, age(object, now)],
  },
};
