import type { ApiResponse } from '@kubus/shared/bus';
import type { Status } from '@kubus/shared/errors';
import { isObject } from '@kubus/shared/schema';
import type { UserInfo } from '../authn/index.ts';
import type { AuditOrigin, AuditSubject, AuditTrail, Level, Stage } from './contract.ts';
import type { Decision } from './policy.ts';

const order: readonly Level[] = ['None', 'Metadata', 'Request', 'RequestResponse'];

/** What is gathered of one request, up to the level of the policy: bodies above it are not even looked at. */
export class AuditRecord implements AuditTrail {
  readonly subject: AuditSubject;
  readonly #origin: AuditOrigin;
  readonly #decision: Decision;
  readonly #emit: (record: AuditRecord, stage: Stage, at: Date) => void;
  readonly #now: () => Date;
  readonly #annotations = new Map<string, string>();
  #request: unknown;
  #response: unknown;
  #status: Partial<Status> | undefined;
  #done = false;

  constructor(options: {
    subject: AuditSubject;
    origin: AuditOrigin;
    decision: Decision;
    emit: (record: AuditRecord, stage: Stage, at: Date) => void;
    now: () => Date;
  }) {
    this.subject = options.subject;
    this.#origin = options.origin;
    this.#decision = options.decision;
    this.#emit = options.emit;
    this.#now = options.now;
    this.#stage('RequestReceived', options.origin.received);
  }

  annotate(key: string, value: string): void {
    // What a webhook made of a request shows what was in it.
    if (key.startsWith('patch.webhook.admission.k8s.io/') && !this.#has('Request')) return;
    if (!this.#annotations.has(key)) this.#annotations.set(key, value);
  }

  requested(body: unknown): void {
    if (this.#has('Request') && isObject(body)) this.#request = this.#shorn(body);
  }

  responded({ code, body }: ApiResponse): void {
    const failed = code >= 400 && isObject(body);
    this.#status = failed ? statusOf(body as unknown as Status) : { code };
    if (this.#has('RequestResponse') && isObject(body)) this.#response = this.#shorn(body);
  }

  /** A response that has no end of its own has begun. */
  started(code: number): void {
    this.#status = { code };
    this.#stage('ResponseStarted', this.#now());
  }

  /** The answer is out. Once. */
  complete(code: number): void {
    if (this.#done) return;
    this.#done = true;
    if (this.#status?.code !== code) this.#status = { code };
    this.#stage('ResponseComplete', this.#now());
  }

  #stage(stage: Stage, at: Date): void {
    if (!this.#decision.omitStages.includes(stage)) this.#emit(this, stage, at);
  }

  #has(level: Level): boolean {
    return order.indexOf(this.#decision.level) >= order.indexOf(level);
  }

  #shorn(body: object): object {
    const { metadata } = body as { metadata?: unknown };
    if (!this.#decision.omitManagedFields || !isObject(metadata)) return body;
    const { managedFields: _, ...rest } = metadata;
    return { ...body, metadata: rest };
  }

  /** audit.k8s.io/v1 Event. */
  event(stage: Stage, at: Date): object {
    const { id, uri, sourceIPs, userAgent, impersonated, received } = this.#origin;
    const { user, verb } = this.subject;
    return {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: this.#decision.level,
      auditID: id,
      stage,
      requestURI: uri,
      verb,
      user: present(user),
      ...(impersonated === undefined ? {} : { impersonatedUser: present(impersonated) }),
      ...(sourceIPs.length === 0 ? {} : { sourceIPs }),
      ...(userAgent === '' ? {} : { userAgent }),
      ...this.#objectRef(),
      ...(this.#status === undefined ? {} : { responseStatus: { metadata: {}, ...this.#status } }),
      ...(this.#request === undefined ? {} : { requestObject: this.#request }),
      ...(this.#response === undefined ? {} : { responseObject: this.#response }),
      requestReceivedTimestamp: microTime(received),
      stageTimestamp: microTime(at),
      ...(this.#annotations.size === 0 ? {} : { annotations: Object.fromEntries(this.#annotations) }),
    };
  }

  #objectRef(): object {
    const { resource: asked } = this.subject;
    if (asked === undefined) return {};
    const { group, version, resource, subresource, namespace, name } = asked;
    const parts = { resource, namespace, name, apiGroup: group, apiVersion: version, subresource };
    return { objectRef: Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== '')) };
  }
}

function statusOf({ status, message, reason, code }: Status): Partial<Status> {
  return {
    status,
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined ? {} : { reason }),
    code: code ?? 500,
  };
}

function present({ username, uid, groups, extra }: UserInfo): object {
  return {
    username,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined || extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

const microTime = (date: Date): string => `${date.toISOString().slice(0, -1)}000Z`;
