import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const testbed = process.env['KUBUS_TESTBED'] ?? join(homedir(), '.cache/kubus/testbed');

interface Definition {
  metadata: { name: string };
  [field: string]: unknown;
}

/** A CustomResourceDefinition of another project as its package has it, and what its objects are to be like. */
export interface RealDefinition {
  definition: Definition;
  /** A field that kubectl explains, and what it says of it. */
  explained: [path: string, says: RegExp];
  /** One that the schema takes. */
  object: { kind: string; metadata: { name: string }; [field: string]: unknown };
  /** A merge patch that the schema refuses, and why. */
  unfit: [patch: object, says: string];
}

/** apiexports.apis.kcp.io (kcp), which Debian's golang-k8s-apiextensions-apiserver-dev ships: sets, maps, oneOf, rules in CEL. */
export async function apiExports(): Promise<RealDefinition> {
  const file = join(testbed, 'k8s.io/apiextensions-apiserver/pkg/test/example/apiexports_crd.yaml');
  const [definition] = await documents<Definition>(file);
  const claim = { group: 'apps', resource: 'deployments', resourceSelector: [{ namespace: 'shop' }] };
  return {
    definition: definition as Definition,
    explained: ['apiexport.spec.permissionClaims', /resourceSelector\s+<\[\]Object>/],
    object: {
      apiVersion: 'apis.kcp.io/v1alpha1',
      kind: 'APIExport',
      metadata: { name: 'widgets' },
      spec: {
        latestResourceSchemas: ['v1.widgets'],
        permissionClaims: [claim],
        maximalPermissionPolicy: { local: {} },
      },
    },
    unfit: [
      { spec: { permissionClaims: [{ ...claim, all: true }] } },
      'spec.permissionClaims[0]: Invalid value: either "all" or "resourceSelector" must be set',
    ],
  };
}

/** mustachetemplates.deploy.razee.io, of the npm package @razee/mustachetemplate: deep junctors, int-or-string. Its manifest is a template itself. */
export async function mustacheTemplates(): Promise<RealDefinition> {
  const folder = join(testbed, 'mustachetemplate/package');
  const [list] = await documents<{ items: Definition[] }>(join(folder, 'kubernetes/MustacheTemplate/resource.yaml'));
  const definition = list?.items.find(({ kind }) => kind === 'CustomResourceDefinition');
  const [object] = await documents<RealDefinition['object']>(join(folder, 'test/example/hello-mtp.yaml'));
  return {
    definition: definition as Definition,
    explained: ['mustachetemplate.spec.env', /overrideStrategy\s+<string>/],
    object: object as RealDefinition['object'],
    unfit: [{ spec: { templates: null } }, 'must validate at least one schema (anyOf)'],
  };
}

async function documents<T>(file: string): Promise<T[]> {
  const text = (await readFile(file, 'utf8')).replace(/\{\{\{\w+\}\}\}/g, '1');
  return parseAllDocuments(text)
    .map((document) => document.toJS() as T | null)
    .filter((document) => document !== null);
}
