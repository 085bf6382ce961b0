import { expect, it } from 'vitest';
import { names } from './index.ts';

it('accepts what Kubernetes accepts as object names and refuses what could be read as something else', () => {
  for (const good of ['a', 'web-1', 'a.b-c.d', '0', `${'a'.repeat(63)}.${'b'.repeat(63)}`]) {
    expect(names.dnsSubdomain(good)).toEqual([]);
  }
  for (const bad of ['', '..', '.', 'a..b', '*', '>', 'a b', '__proto__', 'A', 'a_b', '-a', 'a-', 'a/b', 'a\nb', 'é']) {
    expect(names.dnsSubdomain(bad)).toHaveLength(1);
  }
});

it('words refusals as Kubernetes does', () => {
  expect(names.dnsSubdomain('A')).toEqual([
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ]);
  expect(names.dnsLabel('a.b')).toEqual(['must not contain dots']);
  expect(names.dnsLabel('A')[0]).toContain("(e.g. 'my-name',  or '123-abc', regex used for validation is");
  expect(names.dns1035Label('1a')[0]).toContain("(e.g. 'my-name',  or 'abc-123', regex used");
  expect(names.labelValueErrors('a b')).toEqual([
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ]);
  expect(names.qualifiedName('/a')).toEqual(['prefix part must be non-empty']);
  expect(names.qualifiedName('a/')[0]).toBe('name part must be non-empty');
  expect(names.configMapKey('..data')).toEqual(["must not start with '..'"]);
});

it('takes any printable characters but = in the names of variables (KEP-4369)', () => {
  for (const good of ['A', '1-a.b', 'a b', '$(x)', '~']) expect(names.envVarName(good)).toEqual([]);
  for (const bad of ['', 'a=b', 'a\n', 'ä']) expect(names.envVarName(bad)).toHaveLength(1);
});

it('keeps what separates or leaves a path out of its segments', () => {
  expect(names.pathSegmentName('.')).toEqual(["may not be '.'"]);
  expect(names.pathSegmentName('..')).toEqual(["may not be '..'"]);
  expect(names.pathSegmentName('a/b%')).toEqual(["may not contain '/'", "may not contain '%'"]);
  for (const good of ['...', 'a.b', 'a:b', 'system:node']) expect(names.pathSegmentName(good)).toEqual([]);
});

it('counts length', () => {
  expect(names.dnsLabel('a'.repeat(64))).toEqual(['must be no more than 63 characters']);
  expect(names.dnsSubdomain('a'.repeat(254))).toEqual(['must be no more than 253 characters']);
  expect(names.portName('a-very-long-name')).toEqual(['must be no more than 15 characters']);
});
