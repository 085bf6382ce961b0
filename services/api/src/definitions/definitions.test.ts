import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient, type Reply } from '../testing/admin-client.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';
import { definition, items, object, schemaOf, widgetSchema } from './testing/widgets.ts';

let api: TestApi;
let admin: AdminClient;
beforeAll(async () => {
  api = await startApi();
  admin = await AdminClient.connect(api);
});
afterAll(async () => {
  admin?.close();
  await api?.stop();
});

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const send = (method: string, path: string, body?: object, type?: string): Promise<Reply> =>
  admin.send(method, path, body === undefined ? '' : JSON.stringify(body), type);

const established = (name: string): Promise<void> =>
  eventually(async () => {
    const { body } = await send('GET', `${definitions}/${name}`);
    expect(body.status.conditions).toContainEqual(expect.objectContaining({ type: 'Established', status: 'True' }));
  });

async function define(object: ReturnType<typeof definition>): Promise<void> {
  const { code, body } = await send('POST', definitions, object);
  expect({ code, message: body.message }).toEqual({ code: 201, message: undefined });
  await established(object.metadata.name);
}

describe('definitions', () => {
  it('get their names accepted and are served at once, on every replica', async () => {
    const other = await api.replica();
    await define(definition('firsts', 'First', { names: { shortNames: ['fi'], categories: ['all'] } }));
    const { body } = await send('GET', `${definitions}/firsts.example.com`);
    expect(body.status).toMatchObject({
      acceptedNames: { plural: 'firsts', singular: 'first', kind: 'First', listKind: 'FirstList', shortNames: ['fi'] },
      storedVersions: ['v1'],
      conditions: [
        { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
        { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
      ],
    });
    const { stdout } = await api.kubectl.run(['get', 'fi', `--server=${other}`, '-o', 'name']);
    expect(stdout).toBe('');
    const resources = await api.kubectl.run([
      'api-resources',
      '--api-group=example.com',
      '--no-headers',
      `--server=${other}`,
    ]);
    expect(resources.stdout).toMatch(/^firsts +fi +example.com\/v1 +true +First\n$/);
    const explained = await api.kubectl.run(['explain', 'first.spec.size']);
    expect(explained.stdout).toContain('FIELD: size <integer>');
  });

  it('do not take names that others have', async () => {
    await define(definition('seconds', 'Second', { names: { shortNames: ['se'] } }));
    await send(
      'POST',
      definitions,
      definition('thirds', 'Second', { names: { shortNames: ['se'], listKind: 'ThirdList' } }),
    );
    await eventually(async () => {
      const { body } = await send('GET', `${definitions}/thirds.example.com`);
      expect(body.status.conditions).toContainEqual(
        expect.objectContaining({ type: 'NamesAccepted', status: 'False', reason: 'KindConflict' }),
      );
      expect(body.status.conditions).toContainEqual(
        expect.objectContaining({ type: 'Established', status: 'False', reason: 'NotAccepted' }),
      );
    });
    expect((await send('GET', items('thirds'))).code).toBe(404);
    await send('DELETE', `${definitions}/seconds.example.com`);
    await established('thirds.example.com');
  });

  it.each([
    [
      'a schema without types',
      schemaOf({ properties: { a: {} } }),
      'spec.versions[0].schema.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields',
    ],
    [
      'no schema',
      { version: { schema: undefined } },
      'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required',
    ],
    [
      'a group without a dot',
      { group: 'example' },
      'spec.group: Invalid value: "example": should be a domain with at least one dot',
    ],
    [
      'a group of Kubernetes',
      { group: 'x.k8s.io' },
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation',
    ],
    [
      'a rule that speaks of nothing',
      schemaOf({ type: 'object', 'x-kubernetes-validations': [{ rule: 'self.x > 1' }] }),
      'rule: Invalid value: apiextensions.ValidationRule{Rule:"self.x > 1"',
    ],
    [
      'a rule that is no condition',
      schemaOf({ type: 'integer', 'x-kubernetes-validations': [{ rule: 'self + 1' }] }),
      'must evaluate to bool',
    ],
    [
      'a rule that costs too much',
      schemaOf({
        type: 'array',
        items: { type: 'string' },
        'x-kubernetes-validations': [{ rule: 'self.all(a, self.all(b, a != b))' }],
      }),
      'x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x',
    ],
    [
      'a pattern that is none',
      schemaOf({ type: 'string', pattern: '(' }),
      'pattern: Invalid value: "(": must be a valid regular expression',
    ],
    [
      'a default that is not valid',
      schemaOf({ type: 'integer', default: 'x' }),
      'default: Invalid value: "string": spec.versions[0].schema.openAPIV3Schema.properties[spec].default in body must be of type integer: "string"',
    ],
    [
      'structure in alternatives',
      schemaOf({ type: 'object', anyOf: [{ type: 'object' }] }),
      'anyOf[0].type: Forbidden: must be empty to be structural',
    ],
    [
      'unique items',
      schemaOf({ type: 'array', items: { type: 'string' }, uniqueItems: true }),
      'uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    ],
  ])('are refused with %s', async (_, overrides, message) => {
    const { code, body } = await send('POST', definitions, definition('bads', 'Bad', overrides));
    expect(code).toBe(422);
    expect(body.message).toContain(message);
  });

  it('keep scope, kind and stored versions', async () => {
    await define(definition('fixeds', 'Fixed'));
    const path = `${definitions}/fixeds.example.com`;
    const changed = await send(
      'PATCH',
      path,
      { spec: { scope: 'Cluster', names: { kind: 'Other' } } },
      'application/merge-patch+json',
    );
    expect(changed.body.message).toMatch(/spec.scope: Invalid value: "Cluster": field is immutable.*spec.names.kind/);
    const version = { name: 'v2', served: true, storage: true, schema: { openAPIV3Schema: widgetSchema } };
    const gone = await send('PATCH', path, { spec: { versions: [version] } }, 'application/merge-patch+json');
    expect(gone.body.message).toContain('status.storedVersions[0]: Invalid value: "v1": missing from spec.versions');
  });

  it('take their objects along when they go', async () => {
    await define(definition('goings', 'Going'));
    await send('POST', items('goings'), {
      ...object('Going', 'a', { size: 1 }),
      metadata: { name: 'a', finalizers: ['example.com/hold'] },
    });
    await send('POST', items('goings'), object('Going', 'b', { size: 1 }));
    await send('DELETE', `${definitions}/goings.example.com`);
    await eventually(async () => {
      expect(
        (await send('GET', items('goings'))).body.items.map(({ metadata }: { metadata: object }) => metadata),
      ).toEqual([expect.objectContaining({ name: 'a', deletionTimestamp: expect.anything() })]);
    });
    expect((await send('POST', items('goings'), object('Going', 'c', { size: 1 }))).code).toBe(405);
    await send('PATCH', `${items('goings')}/a`, { metadata: { finalizers: null } }, 'application/merge-patch+json');
    await eventually(async () => expect((await send('GET', `${definitions}/goings.example.com`)).code).toBe(404));
    // Each replica takes a kind away when it hears of it.
    await eventually(async () => expect((await send('GET', items('goings'))).code).toBe(404));
  });
});

describe('objects of a definition', () => {
  beforeAll(() => define(definition('widgets', 'Widget')));
  const create = (name: string, spec: object, query = '') =>
    send('POST', `${items('widgets')}${query}`, object('Widget', name, spec));
  const merge = (name: string, body: object) =>
    send('PATCH', `${items('widgets')}/${name}`, body, 'application/merge-patch+json');

  it('are pruned and defaulted', async () => {
    const extra = { known: 'k', other: { x: [1, null] } };
    const template = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', nonsense: 1 }, data: { a: 'b' } };
    const { code, body } = await create('pruned', {
      size: 5,
      unknown: 1,
      note: null,
      name: null,
      extra,
      template,
      parts: [{ name: 'p', zzz: 1 }],
    });
    expect(code).toBe(201);
    expect(body.spec).toEqual({
      ...{ size: 5, min: 1, color: 'red', note: null, extra, parts: [{ name: 'p', count: 7 }] },
      template: { ...template, metadata: { name: 'x' } },
    });
    expect(body.metadata.generation).toBe(1);
    const strict = await create('strict', { size: 1, unknown: 1 }, '?fieldValidation=Strict');
    expect(strict.body.message).toContain('unknown field "spec.unknown"');
  });

  it.each([
    [{ size: 'x' }, 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'],
    [
      {},
      '[spec.size: Required value, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
    ],
    [{ size: 200 }, 'spec.size: Invalid value: 200: spec.size in body should be less than or equal to 100'],
    [{ size: 1.5 }, 'spec.size in body must be of type integer: "number"'],
    [{ size: 5, color: 'green' }, 'spec.color: Unsupported value: "green": supported values: "red", "blue"'],
    [{ size: 5, name: 'b' }, 'spec.name: Invalid value: "b": spec.name in body should match \'^(a+)+$\''],
    [{ size: 5, name: 'a'.repeat(41) }, 'spec.name: Too long: may not be more than 40 bytes'],
    [{ size: 5, since: 'yesterday' }, 'spec.since in body must be of type date-time: "yesterday"'],
    [{ size: 5, port: true }, 'spec.port in body must be of type integer,string: "boolean"'],
    [{ size: 5, tags: ['a', 'b', 'a'] }, 'spec.tags[2]: Duplicate value: "a"'],
    [{ size: 5, parts: [{ name: 'a' }, { name: 'a' }] }, 'spec.parts[1]: Duplicate value: {"name":"a"}'],
    [
      { size: 5, labels: { a: 1 } },
      'spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string',
    ],
    [{ size: 5, template: {} }, 'spec.template.apiVersion: Required value: must not be empty'],
    [
      { size: 5, choice: { a: 'x', b: 'y' } },
      'spec.choice must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
    [{ size: 5, min: 6 }, 'Widget.example.com "bad" is invalid: spec: Invalid value: size must not be below min'],
  ])('are refused: %j', async (spec, message) => {
    const { code, body } = await create('bad', spec);
    expect(code).toBe(422);
    expect(body.message).toContain(message);
  });

  it('obey rules about changes, and are not judged for what they were', async () => {
    await create('rule', { size: 5 });
    expect((await merge('rule', { spec: { color: 'blue' } })).body.message).toContain(
      'spec.color: Forbidden: not blue',
    );
    const path = `${definitions}/widgets.example.com`;
    const { body } = await send('GET', path);
    const stricter = structuredClone(body);
    stricter.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.size.maximum = 4;
    expect((await send('PUT', path, stricter)).code).toBe(200);
    await eventually(async () => expect((await create('late', { size: 5 }, '?dryRun=All')).code).toBe(422));
    expect((await merge('rule', { metadata: { labels: { a: 'b' } } })).code).toBe(200);
    expect((await merge('rule', { spec: { tags: ['x'] } })).code).toBe(200);
    expect((await merge('rule', { spec: { size: 6 } })).body.message).toContain('should be less than or equal to 4');
    const latest = (await send('GET', path)).body;
    latest.spec.versions[0].schema = body.spec.versions[0].schema;
    expect((await send('PUT', path, latest)).code).toBe(200);
    await eventually(async () => expect((await create('late', { size: 5 }, '?dryRun=All')).code).toBe(201));
  });

  it('take finalizers of any name, with a warning about new ones without a domain', async () => {
    await create('finalized', { size: 5 });
    const named = async (...finalizers: string[]) => {
      const patch = JSON.stringify({ metadata: { finalizers } });
      return (await api.kubectl.run(['patch', 'widget', 'finalized', '--type=merge', '-p', patch])).stderr;
    };
    const kept = 'to avoid accidental conflicts with other finalizer writers';
    expect((await named('orphan', 'f.io', 'f', 'example.com/a')).split('\n')).toEqual([
      `Warning: metadata.finalizers: "f": prefer a domain-qualified finalizer name ${kept}`,
      `Warning: metadata.finalizers: "f.io": prefer a domain-qualified finalizer name including a path (/) ${kept}`,
      '',
    ]);
    expect(await named('orphan', 'f')).toBe('');
    expect(await named()).toBe('');
  });

  it('have a status and a scale', async () => {
    await create('scaled', { size: 5, replicas: 2 });
    const path = `${items('widgets')}/scaled`;
    const status = { status: { replicas: 1, selector: 'app=x', phase: 'Up' }, spec: { size: 9 } };
    const written = await send('PATCH', `${path}/status`, status, 'application/merge-patch+json');
    expect(written.body).toMatchObject({ spec: { size: 5 }, status: { phase: 'Up' }, metadata: { generation: 1 } });
    expect((await merge('scaled', { status: { phase: 'Down' } })).body.status.phase).toBe('Up');
    expect((await send('GET', `${path}/scale`)).body).toMatchObject({
      spec: { replicas: 2 },
      status: { replicas: 1, selector: 'app=x' },
    });
    const { stdout } = await api.kubectl.run(['get', 'widget', 'scaled', '--subresource=scale']);
    expect(stdout).toMatch(/^NAME +DESIRED +AVAILABLE +AGE\nscaled +2 +1 +\d+s\n$/);
    const scaled = await send('PATCH', `${path}/scale`, { spec: { replicas: 4 } }, 'application/merge-patch+json');
    expect(scaled.body.spec.replicas).toBe(4);
    expect((await send('GET', path)).body).toMatchObject({ spec: { replicas: 4 }, metadata: { generation: 2 } });
  });

  // The steps of the suite (test/e2e/apimachinery/apply.go).
  it('are applied by several, who are told of each value that is another’s', async () => {
    const path = `${items('widgets')}/shared`;
    const finalizers = (...more: string[]) => ['example.com/first', ...more];
    const apply = (manager: string, spec: object, query = '') => {
      const body = { ...object('Widget', 'shared', spec), metadata: { name: 'shared', finalizers: finalizers() } };
      return send('PATCH', `${path}?fieldManager=${manager}${query}`, body, 'application/apply-patch+yaml');
    };
    const spec = { size: 5, replicas: 1, parts: [{ name: 'a', count: 1 }] };
    expect((await apply('one', spec)).code).toBe(201);
    await merge('shared', { metadata: { finalizers: finalizers('example.com/second') }, spec: { replicas: 5 } });
    const causes = async (reply: Promise<Reply>) =>
      (await reply).body.details.causes.map(({ field }: { field: string }) => field);
    expect(await causes(apply('one', spec))).toEqual(['.spec.replicas']);
    const { body } = await apply('one', spec, '&force=true');
    expect([body.metadata.finalizers, body.spec.replicas]).toEqual([finalizers('example.com/second'), 1]);
    expect(await causes(apply('two', { parts: [{ name: 'a', count: 2 }] }))).toEqual(['.spec.parts[name="a"].count']);
    expect((await apply('two', { parts: [{ name: 'b' }] })).body.spec.parts).toHaveLength(2);
    expect((await send('PUT', `${items('widgets')}/absent`, object('Widget', 'absent', spec))).code).toBe(404);
    await merge('shared', { metadata: { finalizers: [] } });
  });

  it('are patched, applied, selected, listed and deleted like any other', async () => {
    await create('one', { size: 5, parts: [{ name: 'a', count: 1 }] });
    const path = `${items('widgets')}/one`;
    const json = [{ op: 'replace', path: '/spec/size', value: 6 }];
    expect((await send('PATCH', path, json, 'application/json-patch+json')).body.spec.size).toBe(6);
    const strategic = await send('PATCH', path, {}, 'application/strategic-merge-patch+json');
    expect(strategic.code).toBe(415);
    const applied = object('Widget', 'one', { parts: [{ name: 'b', count: 2 }] });
    const merged = await send('PATCH', `${path}?fieldManager=me`, applied, 'application/apply-patch+yaml');
    expect(merged.body.spec.parts).toEqual([
      { name: 'a', count: 1 },
      { name: 'b', count: 2 },
    ]);
    const conflict = await send(
      'PATCH',
      `${path}?fieldManager=me`,
      object('Widget', 'one', { size: 7 }),
      'application/apply-patch+yaml',
    );
    expect(conflict.code).toBe(409);
    const red = await send('GET', `${items('widgets')}?fieldSelector=spec.color=red,metadata.name=one`);
    expect(red.body).toMatchObject({ kind: 'WidgetList', items: [{ metadata: { name: 'one' } }] });
    expect((await send('GET', `${items('widgets')}?fieldSelector=spec.color=blue`)).body.items).toEqual([]);
    expect((await send('GET', `${items('widgets')}?fieldSelector=spec.size=5`)).code).toBe(400);
    const { stdout } = await api.kubectl.run(['get', 'widget', 'one']);
    expect(stdout).toMatch(/^NAME +SIZE +PARTS +AGE\none +6 +a b +\d+s\n$/);
    expect((await send('DELETE', items('widgets'))).code).toBe(200);
    expect((await send('GET', items('widgets'))).body.items).toEqual([]);
  });
});

describe('versions', () => {
  it('change which one is stored, and serve what was stored before', async () => {
    const version = (name: string, storage: boolean) => ({
      name,
      served: true,
      storage,
      schema: { openAPIV3Schema: widgetSchema },
    });
    await define(definition('moveds', 'Moved', { spec: { versions: [version('v1', true), version('v2', false)] } }));
    await send('POST', items('moveds'), object('Moved', 'old', { size: 1 }));
    const path = `${definitions}/moveds.example.com`;
    const swapped = { spec: { versions: [version('v1', false), version('v2', true)] } };
    expect((await send('PATCH', path, swapped, 'application/merge-patch+json')).body.status.storedVersions).toEqual([
      'v1',
      'v2',
    ]);
    await send('POST', items('moveds', 'example.com', 'v2'), {
      ...object('Moved', 'new', { size: 2 }),
      apiVersion: 'example.com/v2',
    });
    for (const served of ['v1', 'v2']) {
      const { body } = await send('GET', items('moveds', 'example.com', served));
      expect(body.items.map((item: { apiVersion: string }) => item.apiVersion)).toEqual([
        `example.com/${served}`,
        `example.com/${served}`,
      ]);
    }
    const changed = await send(
      'PATCH',
      `${items('moveds')}/old`,
      { spec: { size: 3 } },
      'application/merge-patch+json',
    );
    expect(changed.body).toMatchObject({ apiVersion: 'example.com/v1', spec: { size: 3 } });
    const group = (await send('GET', '/apis/example.com')).body;
    expect(group.preferredVersion.version).toBe('v2');
    const applied = { ...object('Moved', 'old', { replicas: 5 }), apiVersion: 'example.com/v2' };
    const forced = await send(
      'PATCH',
      `${items('moveds', 'example.com', 'v2')}/old?fieldManager=me`,
      applied,
      'application/apply-patch+yaml',
    );
    expect(forced.body.spec).toMatchObject({ size: 3, replicas: 5 });
    expect(forced.body.metadata.managedFields.map((entry: { manager: string }) => entry.manager)).toContain('me');
    const dropped = await send(
      'PATCH',
      `${path}/status`,
      { status: { storedVersions: ['v2'] } },
      'application/merge-patch+json',
    );
    expect(dropped.body.status.storedVersions).toEqual(['v2']);
  });
});
