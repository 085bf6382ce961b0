import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { parseConfigurationFile, readConfigurationFile } from '../configuration-file.ts';
import { parseEventLimits } from './optional/event-rate-limit.ts';
import { readImagePolicy } from './optional/image-policy-webhook.ts';
import { parseNodeSelectors } from './optional/pod-node-selector.ts';
import { parseTolerationLists } from './optional/pod-toleration-restriction.ts';
import { parsePodSecurity } from './pod-security/configuration.ts';

/** How each plugin reads what is said of it. */
const readers = {
  PodSecurity: parsePodSecurity,
  EventRateLimit: parseEventLimits,
  ImagePolicyWebhook: readImagePolicy,
  PodNodeSelector: parseNodeSelectors,
  PodTolerationRestriction: parseTolerationLists,
};

type Configurable = keyof typeof readers;

/** What an AdmissionConfiguration says of plugins; nothing of those that it does not name. */
export type PluginConfigurations = { readonly [K in Configurable]?: Awaited<ReturnType<(typeof readers)[K]>> };

const plugin = z
  .strictObject({
    name: z.enum(Object.keys(readers) as [Configurable, ...Configurable[]]),
    path: z.string().default(''),
    configuration: z.unknown().optional(),
  })
  .refine(({ path, configuration }) => (path === '') !== (configuration === undefined), 'either path or configuration');

const admission = z.strictObject({
  apiVersion: z.enum(['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1alpha1']),
  kind: z.literal('AdmissionConfiguration'),
  plugins: z
    .array(plugin)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'a plugin is there twice'),
});

/** Reads the file of an AdmissionConfiguration (kube-apiserver's --admission-control-config-file) and what it names. Throws SettingsError. */
export async function readAdmissionConfiguration(where: string): Promise<PluginConfigurations> {
  const { plugins } = parseConfigurationFile(admission, await readConfigurationFile(where), where);
  const read = plugins.map(async ({ name, path, configuration }) => {
    const at = path === '' ? where : resolve(dirname(where), path);
    const text = path === '' ? JSON.stringify(configuration) : await readConfigurationFile(at);
    return [name, await readers[name](text, at)];
  });
  return Object.fromEntries(await Promise.all(read)) as PluginConfigurations;
}
