import Docker from 'dockerode';

export interface EngineAddress {
  /** Path of a Unix socket; used unless `host` is a TCP address. */
  socketPath: string;
  /** As in DOCKER_HOST: unix:///path or tcp://host:port. */
  host?: string | undefined;
}

/** A client of the engine, once it has answered. Throws one clear error when it does not. */
export async function connectEngine({ socketPath, host }: EngineAddress): Promise<Docker> {
  const docker =
    host?.startsWith('tcp://') === true
      ? overTcp(new URL(host.replace(/^tcp:/, 'http:')))
      : new Docker({ socketPath: host?.replace(/^unix:\/\//, '') ?? socketPath });
  try {
    await docker.ping();
    return docker;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Docker Engine cannot be reached at ${host ?? socketPath}: ${why}`, { cause });
  }
}

const overTcp = (url: URL) => new Docker({ host: url.hostname, port: Number(url.port), protocol: 'http' });
