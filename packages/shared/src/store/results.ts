import { StatusError } from '../errors/index.ts';
import type { Refusal } from './contract.ts';

/** What commit.lua answers for one operation: a code, then what goes with it. */
export type ScriptResult = readonly [code: number, ...rest: (string | number)[]];

/** The one place that knows the script's result codes. */
const codes = {
  accepted: 0,
  exists: 1,
  notFound: 2,
  wrongUid: 3,
  wrongRevision: 4,
  insufficient: 5,
  aborted: 6,
  late: 7,
} as const;

export interface Accepted {
  revision: number;
  /** Of the change of the same resource before this one. */
  previousRevision: number;
  /** Of a deletion: the last JSON, at this revision. */
  json?: string;
}

export type Outcome = { accepted: Accepted } | { refusal: Refusal };

/** Redis took the operation up after its time; nothing was done. */
export function isLate([code]: ScriptResult): boolean {
  return code === codes.late;
}

/** What the script says of one operation. */
export function parseResult(result: ScriptResult): Outcome {
  return result[0] === codes.accepted ? { accepted: acceptedOf(result) } : refusedOf(result);
}

function acceptedOf(result: ScriptResult): Accepted {
  const revision = Number(result[1]);
  const previousRevision = Number(result[2]);
  return result.length > 3 ? { revision, previousRevision, json: String(result[3]) } : { revision, previousRevision };
}

function refusedOf([code, ...rest]: ScriptResult): Outcome {
  switch (code) {
    case codes.exists:
      return { refusal: { reason: 'AlreadyExists' } };
    case codes.notFound:
      return { refusal: { reason: 'NotFound' } };
    case codes.wrongUid:
      return { refusal: { reason: 'Conflict', current: Number(rest[0]), field: 'uid' } };
    case codes.wrongRevision:
      return { refusal: { reason: 'Conflict', current: Number(rest[0]), field: 'resourceVersion' } };
    case codes.insufficient:
      return { refusal: insufficient(rest) };
    case codes.aborted:
      return { refusal: { reason: 'Aborted' } };
    default:
      throw new StatusError('InternalError', `commit script answered code ${code}`);
  }
}

function insufficient([account, amount, requested, used, limit, revision]: (string | number)[]): Refusal {
  return {
    reason: 'Insufficient',
    account: String(account),
    amount: String(amount),
    requested: Number(requested),
    used: Number(used),
    limit: Number(limit),
    revision: Number(revision),
  };
}
