import type { CertificateSigningRequest } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plan, readRequest } from './plan.ts';
import { apiClientSigner, kubeletClientSigner, kubeletServingSigner } from './signers.ts';

const requests = fc
  .record({
    signerName: fc.constantFrom(apiClientSigner, kubeletClientSigner, kubeletServingSigner, 'example.com/other'),
    request: fc.oneof(
      fc.base64String(),
      fc.constant(Buffer.from('-----BEGIN CERTIFICATE REQUEST-----').toString('base64')),
    ),
    types: fc.subarray(['Approved', 'Denied', 'Failed']),
    certificate: fc.constantFrom(undefined, '', 'c29tZQ=='),
  })
  .map(
    ({ signerName, request, types, certificate }): CertificateSigningRequest => ({
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'r' },
      spec: { signerName, request, usages: ['client auth'] },
      status: {
        conditions: types.map((type) => ({ type, status: 'True' })),
        ...(certificate === undefined ? {} : { certificate }),
      },
    }),
  );

it('nothing is signed that is not approved, or is denied, failed or signed already, or another signer’s', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const types = request.status?.conditions?.map(({ type }) => type) ?? [];
      const open = types.join() === 'Approved' && !request.status?.certificate;
      const ours = request.spec.signerName !== 'example.com/other';
      // What nobody can read fails, in words.
      expect(plan(request, 1)?.type).toBe(open && ours ? 'fail' : undefined);
    }),
  );
});

it('whatever is to be read is a request, or says why it is none', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readRequest(text)).not.toBe('');
    }),
  );
});
