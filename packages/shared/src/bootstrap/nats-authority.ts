import {
  createAccount,
  createOperator,
  createUser,
  decode,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
  fromPublic,
  fromSeed,
  type KeyPair,
} from '@nats-io/jwt';
import { inboxPrefix, type Principal, permissionsOf } from './permissions.ts';

/**
 * NATS' decentralised authentication: the server trusts one operator, the operator's JWTs name the accounts, and whoever holds the account's
 * seed signs users, each with permissions of its own, without touching the server. Seeds are secrets.
 */
export interface NatsAuthority {
  operatorSeed: string;
  accountSeed: string;
  systemSeed: string;
}

/** New keys of an operator and of its two accounts. The seeds are secrets: whoever has one can make users. */
export function createNatsAuthority(): NatsAuthority {
  return {
    operatorSeed: seedOf(createOperator()),
    accountSeed: seedOf(createAccount()),
    systemSeed: seedOf(createAccount()),
  };
}

/** What nats.conf needs: the operator's JWT and the two accounts'. */
export interface NatsTrust {
  operatorJwt: string;
  accounts: { publicKey: string; jwt: string }[];
  systemAccount: string;
}

export async function natsTrust(authority: NatsAuthority): Promise<NatsTrust> {
  const operator = keyOf(authority.operatorSeed);
  const account = keyOf(authority.accountSeed);
  const system = keyOf(authority.systemSeed);
  const systemAccount = system.getPublicKey();
  const jetStream = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const operatorJwt = await encodeOperator('kubus', operator, { system_account: systemAccount });
  const accountJwt = await encodeAccount(
    'KUBUS',
    account,
    { limits: { ...unlimited, ...jetStream } },
    { signer: operator },
  );
  const systemJwt = await encodeAccount('SYS', system, { limits: unlimited }, { signer: operator });
  return {
    operatorJwt,
    systemAccount,
    accounts: [
      { publicKey: account.getPublicKey(), jwt: accountJwt },
      { publicKey: systemAccount, jwt: systemJwt },
    ],
  };
}

const unlimited = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };

/** Signs a user JWT for a public nkey: the permissions are the principal's. `exp`: when it ends, in seconds since 1970; absent: never. */
export function issueUserJwt(
  accountSeed: string,
  principal: Principal,
  userPublicKey: string,
  validity: { exp?: number } = {},
): Promise<string> {
  const permissions = permissionsOf(principal);
  const name = 'name' in principal ? `${principal.kind}.${principal.name}` : principal.kind;
  const user = {
    pub: { allow: permissions.publish, deny: [] },
    sub: { allow: permissions.subscribe, deny: [] },
    ...(permissions.respond ? { resp: { max: 1, ttl: 10_000_000_000 } } : {}),
    subs: -1,
    data: -1,
    payload: -1,
  };
  return encodeUser(name, fromPublic(userPublicKey), keyOf(accountSeed), user, validity);
}

/** A .creds file for a new user: its JWT and its seed. */
export async function createCreds(accountSeed: string, principal: Principal): Promise<string> {
  const user = createUser();
  const jwt = await issueUserJwt(accountSeed, principal, user.getPublicKey());
  return credsFile(jwt, user);
}

/**
 * The creds as they are when their JWT gives exactly the principal's permissions and was signed by this account, else with a new JWT for the same key. Undefined for
 * what is no .creds file.
 */
export async function renewCreds(
  accountSeed: string,
  principal: Principal,
  creds: string,
): Promise<string | undefined> {
  const parts = /BEGIN NATS USER JWT-+\s+(\S+)[\s\S]*BEGIN USER NKEY SEED-+\s+(\S+)/.exec(creds);
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined;
  const user = fromSeed(new TextEncoder().encode(parts[2]));
  const fresh = await issueUserJwt(accountSeed, principal, user.getPublicKey());
  const grant = (jwt: string) => {
    const { iss, name, nats } = decode<object>(jwt);
    return JSON.stringify({ iss, name, nats });
  };
  return grant(parts[1]) === grant(fresh) ? creds : credsFile(fresh, user);
}

/** The content of a `.creds` file as clients of NATS read it; it holds the seed of the user. */
export function credsFile(jwt: string, user: KeyPair): string {
  return new TextDecoder().decode(fmtCreds(jwt, user));
}

/** Where the principal of a connection receives replies; must be given to the client with its credentials. */
export { inboxPrefix };

const seedOf = (pair: KeyPair) => new TextDecoder().decode(pair.getSeed());
const keyOf = (seed: string) => fromSeed(new TextEncoder().encode(seed));
