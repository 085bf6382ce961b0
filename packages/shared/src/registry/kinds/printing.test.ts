import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/index.ts';
import { builtinKinds } from './index.ts';

/** What `kubectl get -o wide` would print, a line for the columns and one for the object. */
function print(kind: string, fields: object, metadata: object = {}): string[] {
  const declaration = builtinKinds.find((candidate) => candidate.kind === kind);
  const { table } = declaration ?? {};
  if (declaration === undefined || table === undefined) throw new Error(`${kind} has no columns`);
  const object = {
    apiVersion: 'x',
    kind,
    metadata: { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    ...fields,
  } as KubeObject;
  const cells = table.cells(object, new Date('2026-01-01T00:01:00Z'));
  return [table.columns.map(({ name }) => name).join('|'), cells.join('|')];
}

describe('columns', () => {
  it('show ingresses with their class, hosts, address and ports', () => {
    const rules = ['a.example', undefined, 'b.example'].map((host) => ({ ...(host === undefined ? {} : { host }) }));
    const status = { loadBalancer: { ingress: [{ ip: '10.0.0.2' }, { hostname: 'lb.example' }] } };
    expect(print('Ingress', { spec: { ingressClassName: 'nginx', rules, tls: [{}] }, status })).toEqual([
      'Name|Class|Hosts|Address|Ports|Age',
      'x|nginx|a.example,b.example|10.0.0.2,lb.example|80, 443|60s',
    ]);
    const many = { rules: ['a', 'b', 'c', 'd', 'e'].map((host) => ({ host })) };
    expect(print('Ingress', { spec: many })[1]).toBe('x|<none>|a,b,c + 2 more...||80|60s');
    const parameters = { apiGroup: 'k8s.example', kind: 'Config', name: 'lb' };
    expect(print('IngressClass', { spec: { controller: 'example.com/c', parameters } })[1]).toBe(
      'x|example.com/c|Config.k8s.example/lb|60s',
    );
  });

  it('show endpoints and slices with three addresses and how many more there are', () => {
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map((ip) => ({ ip }));
    expect(print('Endpoints', { subsets: [{ addresses, ports: [{ port: 80 }] }] })[1]).toBe(
      'x|10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...|60s',
    );
    const endpoints = [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'] }];
    const slice = { addressType: 'IPv4', endpoints, ports: [{ name: 'http', port: 80 }, { name: '' }] };
    expect(print('EndpointSlice', slice)).toEqual([
      'Name|AddressType|Ports|Endpoints|Age',
      'x|IPv4|80,*|10.0.0.1,10.0.0.2|60s',
    ]);
    expect(print('EndpointSlice', { addressType: 'IPv6' })[1]).toBe('x|IPv6|<unset>|<unset>|60s');
  });

  it('show cron jobs with whether they are suspended, if they say so', () => {
    const suspended = [undefined, true, false].map(
      (suspend) =>
        print('CronJob', { spec: { schedule: '@daily', ...(suspend !== undefined && { suspend }) } })[1]?.split('|')[3],
    );
    expect(suspended).toEqual(['<unset>', 'True', 'False']);
  });

  it('show volumes and claims', () => {
    const spec = {
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
      persistentVolumeReclaimPolicy: 'Retain',
      claimRef: { namespace: 'ns', name: 'claim' },
      storageClassName: 'fast',
      volumeMode: 'Filesystem',
    };
    expect(print('PersistentVolume', { spec, status: { phase: 'Bound' } })).toEqual([
      'Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|VolumeMode',
      'x|5Gi|RWO,ROX|Retain|Bound|ns/claim|fast|<unset>||60s|Filesystem',
    ]);
    const claim = { spec: { storageClassName: 'fast' }, status: { phase: 'Pending', capacity: { storage: '1Gi' } } };
    expect(print('PersistentVolumeClaim', claim)).toEqual([
      'Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode',
      'x|Pending||||fast|<unset>|60s|<unset>',
    ]);
    const bound = {
      spec: { volumeName: 'pv' },
      status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOncePod'] },
    };
    expect(print('PersistentVolumeClaim', bound, { deletionTimestamp: 'z' })[1]).toBe(
      'x|Terminating|pv|1Gi|RWOP||<unset>|60s|<unset>',
    );
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    expect(print('StorageClass', { provisioner: 'p', allowVolumeExpansion: true }, { annotations })[1]).toBe(
      'x (default)|p|Delete|Immediate|true|60s',
    );
  });

  it('show certificate requests with what became of them', () => {
    const spec = { signerName: 'example.com/s', username: 'jane', expirationSeconds: 3600 };
    expect(print('CertificateSigningRequest', { spec })).toEqual([
      'Name|Age|SignerName|Requestor|RequestedDuration|Condition',
      'x|60s|example.com/s|jane|60m|Pending',
    ]);
    const status = { conditions: [{ type: 'Approved' }, { type: 'Failed' }], certificate: 'eA==' };
    expect(print('CertificateSigningRequest', { spec, status })[1]).toContain('|Approved,Failed,Issued');
  });

  it('show policies with their parameters', () => {
    const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
    expect(print('ValidatingAdmissionPolicy', { spec: { paramKind, validations: [{}, {}] } })[1]).toBe(
      'x|2|v1/ConfigMap|60s',
    );
    const selector = { matchLabels: { a: 'b' } };
    expect(print('MutatingAdmissionPolicyBinding', { spec: { policyName: 'p', paramRef: { name: 'n' } } })[1]).toBe(
      'x|p|*/n|60s',
    );
    expect(print('ValidatingAdmissionPolicyBinding', { spec: { policyName: 'p', paramRef: { selector } } })[1]).toBe(
      'x|p|&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}|60s',
    );
  });

  it('show the rest', () => {
    const parentRef = { group: '', resource: 'services', namespace: 'default', name: 'kubernetes' };
    expect(print('IPAddress', { spec: { parentRef } })[1]).toBe('x|services/default/kubernetes|60s');
    expect(print('ServiceCIDR', { spec: { cidrs: ['10.96.0.0/16', 'fd00::/112'] } })[1]).toBe(
      'x|10.96.0.0/16,fd00::/112|60s',
    );
    expect(print('NetworkPolicy', { spec: { podSelector: {} } })[1]).toBe('x|<none>|60s');
    const limited = { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } };
    expect(print('PriorityLevelConfiguration', { spec: { type: 'Limited', limited } })[1]).toBe(
      'x|Limited|5|<none>|<none>|<none>|60s',
    );
    expect(print('CSIDriver', { spec: { attachRequired: false, tokenRequests: [{ audience: 'a' }] } })[1]).toBe(
      'x|false|false|false|a|false|<none>|60s',
    );
    expect(print('ResourceClaim', { status: { allocation: {}, reservedFor: [{}] } })[1]).toBe(
      'x|allocated,reserved|60s',
    );
    expect(
      print('ComponentStatus', { conditions: [{ type: 'Healthy', status: 'False', message: 'm', error: 'e' }] }),
    ).toEqual(['Name|Status|Message|Error', 'x|Unhealthy|m|e']);
  });
});
