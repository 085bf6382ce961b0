import { describe, expect, it } from 'vitest';
import { changeRefusals, refusals } from '../testing/check.ts';

const service = (name: string, port: object = { number: 80 }) => ({ service: { name, port } });
const rule = (path: object, host?: string) => ({
  ...(host === undefined ? {} : { host }),
  http: { paths: [{ pathType: 'Prefix', path: '/', backend: service('web'), ...path }] },
});
const ingress = (...rules: object[]) => refusals('Ingress', { spec: { rules } });

describe('an ingress', () => {
  it('needs a backend, paths that say how they match, and hosts that are names', () => {
    expect(ingress(rule({}, 'a.example'), rule({}, '*.example.com'))).toEqual([]);
    expect(ingress()).toEqual(['spec: Invalid value: []: either `defaultBackend` or `rules` must be specified']);
    expect(ingress(rule({ pathType: undefined }))).toEqual([
      'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
    ]);
    expect(ingress(rule({ path: 'x' }), rule({ path: '/a//b' }))).toEqual([
      'spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path',
      'spec.rules[1].http.paths[0].path: Invalid value: "/a//b": must not contain \'//\'',
    ]);
    expect(ingress(rule({}, '10.0.0.1'))).toEqual([
      'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    ]);
    expect(ingress(rule({}, 'a.*.b'))[0]).toContain("a wildcard DNS-1123 subdomain must start with '*.'");
  });

  it('names one port of a service, or another object', () => {
    expect(ingress(rule({ backend: {} }))).toEqual([
      'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required',
    ]);
    expect(ingress(rule({ backend: service('web', { name: 'http', number: 80 }) }))[0]).toContain(
      'cannot set both port name & port number',
    );
    expect(ingress(rule({ backend: service('web', {}) }))[0]).toContain('port name or number is required');
    const resource = { apiGroup: 'example.com', kind: 'Bucket', name: 'b' };
    expect(ingress(rule({ backend: { resource } }))).toEqual([]);
    const metadata = { name: 'x', annotations: { 'kubernetes.io/ingress.class': 'a' } };
    expect(refusals('Ingress', { metadata, spec: { ingressClassName: 'b', defaultBackend: service('w') } })).toEqual([
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ]);
  });

  it('class keeps its controller', () => {
    expect(refusals('IngressClass', { spec: { controller: 'nginx' } })[0]).toContain('must be a domain-prefixed path');
    const parameters = { kind: 'Config', name: 'c', scope: 'Namespace' };
    expect(refusals('IngressClass', { spec: { controller: 'a.b/c', parameters } })).toEqual([
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ]);
    expect(
      changeRefusals('IngressClass', { spec: { controller: 'a.b/c' } }, { spec: { controller: 'a.b/d' } }),
    ).toEqual(['spec.controller: Invalid value: "a.b/d": field is immutable']);
  });
});

it('a network policy says whom and which ports it is about', () => {
  const policy = (from: object[], ports: object[] = []) =>
    refusals('NetworkPolicy', { spec: { podSelector: {}, ingress: [{ from, ports }] } });
  expect(policy([{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], [{ port: 80, endPort: 90 }])).toEqual(
    [],
  );
  expect(policy([{}])).toEqual(['spec.ingress[0].from[0]: Required value: must specify a peer']);
  expect(policy([{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }])).toEqual([
    'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
  ]);
  expect(policy([{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] } }])).toEqual([
    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
  ]);
  expect(policy([], [{ port: 80, endPort: 79 }, { endPort: 5 }])).toEqual([
    'spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`',
    'spec.ingress[0].ports[1].endPort: Invalid value: 5: may not be specified when `port` is not specified',
  ]);
});

it('endpoints have addresses of other machines', () => {
  const subsets = [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: 0 }, { name: 'b', port: 1 }] }, {}];
  expect(refusals('Endpoints', { subsets })).toEqual([
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    'subsets[0].ports[0].name: Required value',
    'subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    'subsets[1]: Required value: must specify `addresses` or `notReadyAddresses`',
  ]);
  const endpoints = [{ addresses: ['fd00::1'] }, { addresses: [] }];
  expect(refusals('EndpointSlice', { addressType: 'IPv4', endpoints, ports: [{}, {}] })).toEqual([
    'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address',
    'endpoints[1].addresses: Required value: must contain at least 1 address',
    'ports[1].name: Duplicate value: ""',
  ]);
  expect(changeRefusals('EndpointSlice', { addressType: 'IPv4' }, { addressType: 'IPv6' })).toEqual([
    'addressType: Invalid value: "IPv6": field is immutable',
  ]);
});

it('ranges and addresses of services are canonical and stay', () => {
  expect(refusals('ServiceCIDR', { spec: { cidrs: ['10.0.0.1/24', '10.1.0.0/24'] } })).toEqual([
    'spec.cidrs[0]: Invalid value: "10.0.0.1/24": must not have bits set beyond the prefix length',
    expect.stringContaining('may specify no more than one IP for each IP family'),
  ]);
  expect(
    changeRefusals(
      'ServiceCIDR',
      { spec: { cidrs: ['10.0.0.0/24'] } },
      { spec: { cidrs: ['10.0.0.0/24', 'fd00::/112'] } },
    ),
  ).toEqual([]);
  expect(
    changeRefusals('ServiceCIDR', { spec: { cidrs: ['10.0.0.0/24'] } }, { spec: { cidrs: ['10.0.0.0/16'] } }),
  ).toHaveLength(1);
  expect(refusals('IPAddress', { spec: {} })).toEqual(['spec.parentRef: Required value']);
});
