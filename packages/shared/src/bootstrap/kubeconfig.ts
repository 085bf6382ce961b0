import type { KeyedCertificate } from './certificates.ts';

export interface KubeconfigOptions {
  server: string;
  authority: string;
  client: KeyedCertificate;
}

/** A kubeconfig with one cluster, one user (client certificate) and one context, all embedded. JSON is YAML. */
export function kubeconfigText(options: KubeconfigOptions): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'kubus', cluster: { server: options.server, 'certificate-authority-data': base64(options.authority) } },
    ],
    users: [
      {
        name: 'kubernetes-admin',
        user: { 'client-certificate-data': base64(options.client.cert), 'client-key-data': base64(options.client.key) },
      },
    ],
    contexts: [{ name: 'kubernetes-admin@kubus', context: { cluster: 'kubus', user: 'kubernetes-admin' } }],
    'current-context': 'kubernetes-admin@kubus',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
