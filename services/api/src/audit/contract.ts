import type { ApiResponse } from '@kubus/shared/bus';
import type { UserInfo } from '../authn/index.ts';

/** How much is written of a request (audit.k8s.io/v1). */
export type Level = 'None' | 'Metadata' | 'Request' | 'RequestResponse';
export type Stage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

/** What a policy decides by. */
export interface AuditSubject {
  user: UserInfo;
  verb: string;
  /** Absent for paths that are no resources. */
  resource?: {
    group: string;
    version: string;
    resource: string;
    subresource: string;
    namespace: string;
    name: string;
  };
  path: string;
}

/** Where a request comes from. */
export interface AuditOrigin {
  id: string;
  uri: string;
  sourceIPs: readonly string[];
  userAgent: string;
  /** Whom he acts as. */
  impersonated?: UserInfo;
  received: Date;
}

/** What the parts that serve a request tell of it. */
export interface AuditTrail {
  /** The first value of a key stays. */
  annotate(key: string, value: string): void;
  /** Body of the request. */
  requested(body: unknown): void;
  responded(response: ApiResponse): void;
  /** A response without an end of its own has begun. */
  started(code: number): void;
}

/** Takes events; never throws, never waits. */
export interface AuditSink {
  /** False when the event was dropped because the sink cannot keep up. */
  write(event: AuditEvent): boolean;
  stop(): Promise<void>;
}

/** One event, encoded once for all sinks. */
export interface AuditEvent {
  readonly json: string;
  readonly subject: AuditSubject;
}
