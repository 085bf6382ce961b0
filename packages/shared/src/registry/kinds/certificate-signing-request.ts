import type { CertificateSigningRequest } from '../../schema/index.ts';
import {
  stampConditions,
  validateConditions,
  validateSigningRequest,
  validateSigningStatus,
} from '../certificates/validate.ts';
import { age, ageColumn, humanDuration, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { pathSegment } from '../metadata.ts';
import { keepAllBut, statusSubresource } from '../status.ts';

const schema = 'io.k8s.api.certificates.v1.CertificateSigningRequest';
const responds = { group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest' };

export const certificateSigningRequest: KindDeclaration<CertificateSigningRequest> = {
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  scope: 'Cluster',
  versions: [{ group: 'certificates.k8s.io', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    validateName: pathSegment,
    prepareForCreate(object, { user }) {
      if (object.spec === undefined) return;
      for (const name of ['username', 'uid', 'groups', 'extra'] as const) delete object.spec[name];
      if (user === undefined) return;
      object.spec.username = user.username;
      if (user.uid) object.spec.uid = user.uid;
      object.spec.groups = [...user.groups];
      if (user.extra !== undefined) {
        object.spec.extra = Object.fromEntries([...user.extra].map(([key, values]) => [key, [...values]]));
      }
    },
    validate: validateSigningRequest,
    // What is asked for never changes: who would sign must be able to rely on it.
    prepareForUpdate(object, old) {
      object.spec = old.spec;
    },
  },
  subresources: [
    {
      name: 'approval',
      responds,
      schema,
      verbs: ['get', 'patch', 'update'],
      type: 'part',
      resetFields: [['spec'], ['status', 'certificate']],
      rules: {
        validateUpdate: validateConditions,
        prepareForUpdate(object, old, { now }) {
          keepAllBut(object, old, 'status');
          const conditions = object.status?.conditions;
          object.status = { ...old.status };
          if (conditions === undefined) delete object.status.conditions;
          else object.status.conditions = conditions;
          stampConditions(object, old, now);
        },
      },
    },
    statusSubresource<CertificateSigningRequest>(responds, schema, {
      validateUpdate: validateSigningStatus,
      prepareForUpdate(object, old, { now }) {
        // Who approves does it by the subresource for that.
        keepDecisions(object, old);
        stampConditions(object, old, now);
      },
    }),
  ],
  table: {
    columns: [
      nameColumn,
      ageColumn,
      text('SignerName', 'Who is asked to sign.'),
      text('Requestor', 'Who asks.'),
      text('RequestedDuration', 'How long the certificate is to hold.'),
      text('Condition', 'What became of the request.'),
    ],
    cells: (object, now) => [
      object.metadata.name,
      age(object, now),
      object.spec?.signerName || '<none>',
      object.spec?.username ?? '',
      durationCell(object),
      conditionCell(object),
    ],
  },
  fields: { 'spec.signerName': (object) => object.spec?.signerName ?? '' },
};

/** The status subresource neither approves nor denies: decisions stay as they are, in their places where the writer left them in. */
function keepDecisions(object: CertificateSigningRequest, old: CertificateSigningRequest): void {
  const decides = ({ type }: { type: string }): boolean => type === 'Approved' || type === 'Denied';
  const left = (old.status?.conditions ?? []).filter(decides);
  const said = (object.status?.conditions ?? []).flatMap((condition) => {
    if (!decides(condition)) return [condition];
    const at = left.findIndex(({ type }) => type === condition.type);
    return at < 0 ? [] : left.splice(at, 1);
  });
  const conditions = [...said, ...left];
  object.status = { ...object.status };
  if (conditions.length > 0) object.status.conditions = conditions;
  else delete object.status.conditions;
}

function conditionCell({ status }: CertificateSigningRequest): string {
  const has = (wanted: string): boolean => (status?.conditions ?? []).some(({ type }) => type === wanted);
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [decision, ...(has('Failed') ? ['Failed'] : []), ...(status?.certificate ? ['Issued'] : [])].join(',');
}

function durationCell({ spec }: CertificateSigningRequest): string {
  return spec?.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000);
}
