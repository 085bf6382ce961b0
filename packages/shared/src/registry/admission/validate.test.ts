import { describe, expect, it } from 'vitest';
import { refusals } from '../testing/check.ts';

const rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }];
const hook = (fields: object = {}) => ({
  name: 'a.b.c',
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  clientConfig: { url: 'https://example.com/x' },
  rules,
  ...fields,
});
const hooks = (...webhooks: object[]) => refusals('ValidatingWebhookConfiguration', { webhooks });

describe('a webhook', () => {
  it('is reached by https at a URL, or as a service', () => {
    expect(
      hooks(hook(), hook({ name: 'a.b.d', clientConfig: { service: { name: 's', namespace: 'n', path: '/p' } } })),
    ).toEqual([]);
    expect(hooks(hook({ clientConfig: {} }))).toEqual([
      'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
    ]);
    expect(hooks(hook({ clientConfig: { url: 'http://u@h/?q#f' } }))).toEqual([
      `webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'webhooks[0].clientConfig.url: Invalid value: "u": user information is not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "f": fragments are not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "q": query parameters are not permitted in the URL',
    ]);
  });

  it('says what it does, what it understands, how long it may take, and what it is asked about', () => {
    expect(
      hooks(hook({ name: 'short', sideEffects: 'Some', admissionReviewVersions: ['v2'], timeoutSeconds: 31 })),
    ).toEqual([
      'webhooks[0].name: Invalid value: "short": should be a domain with at least three segments separated by dots',
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
      'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
    ]);
    const bad = {
      operations: ['*', 'CREATE'],
      apiGroups: [],
      apiVersions: [''],
      resources: ['pods/*', 'pods/log', '*', 'nodes'],
    };
    expect(hooks(hook({ rules: [bad] }))).toEqual([
      expect.stringContaining("if '*' is present, must not specify other operations"),
      'webhooks[0].rules[0].apiGroups: Required value',
      'webhooks[0].rules[0].apiVersions[0]: Required value',
      'webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if \'pods/*\' is present, must not specify pods/log',
      expect.stringContaining("if '*' is present, must not specify other resources without subresources"),
    ]);
    expect(hooks(hook(), hook())).toEqual(['webhooks[1].name: Duplicate value: "a.b.c"']);
  });
});

describe('a policy', () => {
  const spec = { matchConstraints: { resourceRules: rules }, validations: [{ expression: 'true' }] };

  it('says what it is about and what must hold', () => {
    expect(refusals('ValidatingAdmissionPolicy', { spec })).toEqual([]);
    expect(refusals('ValidatingAdmissionPolicy', { spec: {} })).toEqual([
      'spec.matchConstraints: Required value',
      'spec.validations: Required value: validations or auditAnnotations must be set',
      'spec.auditAnnotations: Required value: validations or auditAnnotations must be set',
    ]);
    const variables = [{ name: 'a-b', expression: ' ' }];
    expect(refusals('ValidatingAdmissionPolicy', { spec: { ...spec, variables } })).toEqual([
      'spec.variables[0].name: Invalid value: "a-b": name is not a valid CEL identifier',
      'spec.variables[0].expression: Required value: expression is not specified',
    ]);
    const mutations = [{ patchType: 'JSONPatch', applyConfiguration: { expression: 'x' } }];
    expect(refusals('MutatingAdmissionPolicy', { spec: { ...spec, mutations, reinvocationPolicy: 'Never' } })).toEqual([
      'spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
      'spec.mutations[0].applyConfiguration: Invalid value: "{}": must not be specified when patchType is JSONPatch',
    ]);
  });

  it('is bound with parameters by name or by selector, to actions that do not repeat each other', () => {
    const binding = {
      policyName: 'p',
      validationActions: ['Deny', 'Warn'],
      paramRef: { parameterNotFoundAction: 'Deny' },
    };
    expect(refusals('ValidatingAdmissionPolicyBinding', { spec: binding })).toEqual([
      'spec.paramRef: Required value: one of name or selector must be specified',
      expect.stringContaining('must not contain both Deny and Warn'),
    ]);
  });
});
