import type { PathCall } from './call.ts';
import { encode, send } from './respond.ts';

/** The Kubernetes release whose API is served. */
export const KUBERNETES_VERSION = { major: '1', minor: '36', gitVersion: 'v1.36.4+kubus' } as const;

/** /version (apimachinery/pkg/version Info). */
export async function serveVersion(call: PathCall): Promise<void> {
  await send(call.request, call.response, encode(versionInfo(), { format: 'json', pretty: true }));
}

function versionInfo(): Record<string, string> {
  return {
    ...KUBERNETES_VERSION,
    emulationMajor: KUBERNETES_VERSION.major,
    emulationMinor: KUBERNETES_VERSION.minor,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: `node ${process.version}`,
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}
