import type { CertificateSigningRequest } from '@kubus/shared/schema';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { kubeletClientSigner } from '../certificate-signing/index.ts';
import { requestFor } from '../certificate-signing/testing/request.ts';
import { approved, recognize } from './plan.ts';

let nodeRequest: string;
beforeAll(async () => {
  nodeRequest = await requestFor([{ O: ['system:nodes'] }, { CN: ['system:node:n1'] }]);
});

const requests = fc
  .record({
    signerName: fc.constantFrom(kubeletClientSigner, 'kubernetes.io/kube-apiserver-client'),
    username: fc.constantFrom('system:node:n1', 'system:node:n2', 'system:bootstrap:abcdef'),
    types: fc.subarray(['Approved', 'Denied']),
    readable: fc.boolean(),
  })
  .map(
    ({ signerName, username, types, readable }): CertificateSigningRequest => ({
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'r' },
      spec: {
        ...{ signerName, username, usages: ['digital signature', 'client auth'] },
        request: readable ? nodeRequest : 'AAAA',
      },
      status: { conditions: types.map((type) => ({ type, status: 'True' })) },
    }),
  );

it('only open requests of nodes for their signer are recognized, a renewal only of the node itself, and none twice', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const ways = recognize(request);
      const open = (request.status?.conditions ?? []).length === 0;
      const ours = request.spec.signerName === kubeletClientSigner && request.spec.request === nodeRequest;
      expect(ways.length > 0).toBe(open && ours);
      if (ways.some(({ subresource }) => subresource === 'selfnodeclient'))
        expect(request.spec.username).toBe('system:node:n1');
      for (const way of ways) expect(recognize(approved(request, way))).toEqual([]);
    }),
  );
});
