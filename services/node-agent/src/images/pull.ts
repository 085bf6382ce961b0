import type { Pod, Secret } from '@kubus/shared/schema';
import type { ConfigSource } from '../pod/env.ts';
import { ImageError, type Runtime } from '../runtime/contract.ts';
import type { RegistryAuth } from './credentials.ts';

/** The pull secrets of a pod, and the names of those that cannot be had: the pull is tried without them. */
export async function pullSecrets(pod: Pod, config: ConfigSource): Promise<{ secrets: Secret[]; missing: string[] }> {
  const names = (pod.spec?.imagePullSecrets ?? []).flatMap(({ name }) =>
    name === undefined || name === '' ? [] : [name],
  );
  const found = await Promise.all(names.map((name) => config.secret(name).catch(() => undefined)));
  return {
    secrets: found.filter((secret) => secret !== undefined),
    missing: names.filter((_, i) => found[i] === undefined),
  };
}

/** Pulls with one credential after the other until one does, which is given back; with none as anybody. Throws ImageError with all that was said. */
export async function pullWithCredentials(
  runtime: Pick<Runtime, 'pullImage'>,
  image: string,
  credentials: readonly RegistryAuth[],
): Promise<RegistryAuth | undefined> {
  const tries: readonly (RegistryAuth | undefined)[] = credentials.length === 0 ? [undefined] : credentials;
  const messages: string[] = [];
  for (const given of tries) {
    const { holder: _, ...auth } = given ?? { serveraddress: '' };
    try {
      await runtime.pullImage(image, given === undefined ? undefined : auth);
      return given;
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      messages.push(error.message);
    }
  }
  const different = [...new Set(messages)];
  throw new ImageError(different.length === 1 ? `${different[0]}` : `[${different.join(', ')}]`);
}

/** What makes a name no image's; undefined when it may be one (the engine has the last word). */
export function invalidImageName(image: string): string | undefined {
  const repository = repositoryOf(image);
  const problem = /[A-Z]/.test(repository)
    ? `invalid reference format: repository name (${repository}) must be lowercase`
    : image === '' || /\s/.test(image)
      ? 'invalid reference format'
      : undefined;
  return problem === undefined ? undefined : `couldn't parse image name "${image}": ${problem}`;
}

/** Without registry, tag and digest: what comes before the first slash is a registry when it looks like a host, and `library` is left out of names. */
function repositoryOf(image: string): string {
  const [name = ''] = image.split('@', 1);
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash));
  const isHost = /[.:A-Z]/.test(first) || first === 'localhost';
  const [path = ''] = (isHost ? name.slice(slash + 1) : name).split(':', 1);
  return slash < 0 ? `library/${path}` : path;
}
