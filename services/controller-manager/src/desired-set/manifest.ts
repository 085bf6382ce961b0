import { parseYamlAside } from '@kubus/shared/yaml';
import type { SetError } from './status.ts';

/** One object as the manifest has it; not yet known to be any kind that is served. */
export interface ManifestObject {
  /** Of the document it stands in; from 1. */
  document: number;
  apiVersion: string;
  kind: string;
  namespace: string | undefined;
  name: string;
  object: Record<string, unknown>;
}

export interface Manifest {
  objects: ManifestObject[];
  errors: SetError[];
}

/** The API server's own limit on a request (3 MiB) holds for a whole set. */
export const maxManifestBytes = 3 * 1024 * 1024;
const maxObjects = 2_000;

/**
 * Reads a manifest: YAML (as Kubernetes reads it) or JSON, many documents, lists unfolded. Every document's errors are collected.
 */
export async function parseManifest(text: string): Promise<Manifest> {
  if (Buffer.byteLength(text) > maxManifestBytes) {
    return failed({ message: `the manifest is larger than ${maxManifestBytes} bytes` });
  }
  const manifest: Manifest = { objects: [], errors: [] };
  for (const [index, document] of (await parseYamlAside(text)).entries()) {
    const at = index + 1;
    if ('error' in document) manifest.errors.push({ document: at, message: document.error });
    else for (const value of unfold(document.value)) addObject(manifest, at, value);
  }
  if (manifest.objects.length > maxObjects)
    return failed({ message: `the manifest has more than ${maxObjects} objects` });
  if (manifest.objects.length === 0 && manifest.errors.length === 0) {
    return failed({ message: 'the manifest holds no objects; delete the key to delete the set' });
  }
  return manifest;
}

function unfold(value: unknown): unknown[] {
  if (!isRecord(value) || typeof value['kind'] !== 'string' || !value['kind'].endsWith('List')) return [value];
  return Array.isArray(value['items']) ? (value['items'] as unknown[]) : [value];
}

function addObject(manifest: Manifest, document: number, value: unknown): void {
  if (!isRecord(value)) {
    manifest.errors.push({ document, message: 'is not an object' });
    return;
  }
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
  const { apiVersion, kind } = value;
  const { name, namespace } = metadata;
  const missing = [
    ...(isText(apiVersion) ? [] : ['apiVersion']),
    ...(isText(kind) ? [] : ['kind']),
    ...(isText(name) ? [] : ['metadata.name']),
  ];
  if (namespace !== undefined && namespace !== null && typeof namespace !== 'string')
    missing.push('metadata.namespace');
  if (missing.length > 0 || !isText(apiVersion) || !isText(kind) || !isText(name)) {
    const causes = missing.map((field) => ({
      field,
      reason: 'FieldValueRequired',
      message: 'Required value: a string',
    }));
    manifest.errors.push({ document, message: `needs ${missing.join(', ')}`, causes });
    return;
  }
  const own = typeof namespace === 'string' && namespace !== '' ? namespace : undefined;
  manifest.objects.push({ document, apiVersion, kind, namespace: own, name, object: value });
}

function failed(error: SetError): Manifest {
  return { objects: [], errors: [error] };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
