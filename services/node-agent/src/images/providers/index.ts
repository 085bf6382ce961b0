import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiClient } from '@kubus/shared/bus';
import type { Pod } from '@kubus/shared/schema';
import { SettingsError } from '@kubus/shared/settings';
import type { Logger } from '@kubus/shared/telemetry';
import type { RegistryAuth } from '../credentials.ts';
import { podAccounts } from './accounts.ts';
import { readProviders } from './config.ts';
import { askPlugin } from './plugin.ts';
import { CredentialProvider } from './provider.ts';

export { ofNode } from './provider.ts';

export interface CredentialProvidersOptions {
  /** A CredentialProviderConfig, or a folder of them. */
  config: string;
  /** The folder of the programs that it names. */
  binDir: string;
  api: Pick<ApiClient, 'request'>;
  log: Logger;
  now(): number;
}

/** What the programs of a node know for an image of a pod. */
export type ProvidedCredentials = (image: string, pod: Pod) => Promise<RegistryAuth[]>;

/** Programs of the node's owner that know credentials of registries (Kubernetes: "Configure a kubelet image credential provider"). Throws SettingsError. */
export async function openCredentialProviders(options: CredentialProvidersOptions): Promise<ProvidedCredentials> {
  const { config, binDir, api, log, now } = options;
  const configs = await readProviders(config);
  for (const { name } of configs) await checkProgram(join(binDir, name));
  const accounts = podAccounts(api, now);
  const providers = configs.map((each) => ({
    name: each.name,
    provider: new CredentialProvider(each, { ask: (question) => askPlugin(each, binDir, question), accounts, now }),
  }));
  return async (image, pod) => {
    const found = await Promise.all(
      providers.map(({ name, provider }) =>
        provider.credentials(image, pod).catch((err: unknown) => {
          // As kubelet: the pull is tried with what others know.
          log.warn({ err, provider: name, image, pod: pod.metadata.name }, 'A credential provider did not answer');
          return [];
        }),
      ),
    );
    return found.flat();
  };
}

const checkProgram = (path: string): Promise<void> =>
  access(path, constants.X_OK).catch((cause: Error) => {
    throw new SettingsError([`plugin binary executable ${path}: ${cause.message}`]);
  });
