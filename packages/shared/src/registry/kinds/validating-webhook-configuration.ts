import type { ValidatingWebhookConfiguration } from '../../schema/index.ts';
import { setWebhookDefaults } from '../admission/defaults.ts';
import { validateWebhooks } from '../admission/validate-webhook.ts';
import { age, ageColumn, integer, nameColumn } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';

const group = 'admissionregistration.k8s.io';

export const validatingWebhookConfiguration: KindDeclaration<ValidatingWebhookConfiguration> = {
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  singular: 'validatingwebhookconfiguration',
  scope: 'Cluster',
  versions: [{ group, version: 'v1', schema: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration' }],
  strategy: {
    takesShortFinalizers: true,
    hasGeneration: true,
    requireResourceVersion: true,
    validate: ({ webhooks }) => validateWebhooks(webhooks),
    setDefaults({ webhooks = [] }) {
      for (const webhook of webhooks) setWebhookDefaults(webhook);
    },
  },
  table: {
    columns: [nameColumn, integer('Webhooks', 'How many webhooks the configuration has.'), ageColumn],
    cells: (object, now) => [object.metadata.name, (object.webhooks ?? []).length, age(object, now)],
  },
};
