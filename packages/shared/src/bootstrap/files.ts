import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes the file whole or not at all, readable by its owner alone. */
export async function writeSecret(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  await writeFile(draft, content, { mode: 0o600 });
  await rename(draft, path);
}

/** For what is no secret but read by another user's process (a certificate, a server's configuration). */
export async function writePublic(path: string, content: string): Promise<void> {
  await writeSecret(path, content);
  await chmod(path, 0o644);
}

/** The content of the file; undefined when there is none. */
export async function readSecret(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The content of the file; makes and keeps it when there is none. Existing material is never replaced. */
export async function keepSecret(path: string, make: () => string | Promise<string>): Promise<string> {
  const existing = await readSecret(path);
  if (existing !== undefined) return existing;
  const content = await make();
  await writeSecret(path, content);
  return content;
}
