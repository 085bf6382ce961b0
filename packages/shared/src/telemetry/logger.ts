import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';

export type { Logger } from 'pino';

export interface LoggerOptions {
  service: string;
  /** Tells replicas apart; the same as in health and metrics. */
  instance: string;
  /** Default info. */
  level?: string;
  /** Default standard output. */
  destination?: DestinationStream;
}

/** Whatever stands under one of these names, down to three levels, is a secret. */
const secretKeys = [
  ...['password', 'passwd', 'secret', 'token', 'seed', 'jwt', 'creds', 'credentials', 'natsCreds', 'privateKey'],
  ...['authorization', 'Authorization', 'cookie', 'stringData', 'REDIS_URL', 'redisUrl', 'queueRedisUrl'],
];
/** Secrets and their last-applied copies, should an object ever be logged. */
const secretPaths = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/**
 * Logs JSON lines. The message is constant; what varies stands under keys: `kind`, `namespace`, `name`, `node`, `controller`, `reconcileId`, and errors
 * under `err`. Secrets are taken out here, when the logger is made, not where it is used.
 */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service, instance: options.instance },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError },
      redact: { paths: secretPaths, censor: '[redacted]' },
    },
    options.destination ?? pino.destination({ dest: 1, sync: false, minLength: 0 }),
  );
}

/** pino's form of an error, without passwords in URLs and without an error's own extra fields, which may hold requests and their headers. */
function serializeError(error: unknown): object | string {
  if (!(error instanceof Error)) return withoutPasswords(String(error));
  const { type, message, stack } = stdSerializers.err(error);
  const { reason, code } = error as { reason?: unknown; code?: unknown };
  return {
    type,
    message: withoutPasswords(message),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack: withoutPasswords(stack ?? ''),
  };
}

/** `scheme://user:password@` -> `scheme://user:***@`. */
function withoutPasswords(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, '$1:***@');
}

/** Says nothing. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
