import { StatusError } from '@kubus/shared/errors';
import { NatsError } from 'nats';
import { UsageError } from './arguments.ts';
import { MissingPrerequisite } from './cluster/prerequisites.ts';

/** What the codes of the system that users meet mean to them, and what to do. */
const meanings = new Map([
  ['ENOSPC', 'the disk is full; make room and run this again'],
  ['EDQUOT', 'your quota of the disk is used up; make room and run this again'],
  ['EROFS', 'the file system is read-only; name another folder with --dir'],
  ['EACCES', 'this user may not use it; name another folder with --dir, or change its owner'],
  ['EPERM', 'this user may not use it; name another folder with --dir, or change its owner'],
  ['EEXIST', 'it is there, and is no folder'],
  ['ENOTDIR', 'a part of it is no folder'],
  ['EISDIR', 'it is a folder, not a file'],
  ['ENOENT', 'it does not exist'],
  ['EADDRINUSE', 'another program listens there'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['EMFILE', 'too many files are open; raise the limit (ulimit -n)'],
]);

/** One line for what users can do something about; undefined for a fault of the program, whose stack is wanted. */
export function explain(error: unknown): string | undefined {
  if (error instanceof UsageError || error instanceof MissingPrerequisite) return error.message;
  if (error instanceof StatusError) return error.message;
  if (error instanceof NatsError) return `NATS does not do it (${error.message}); see: kubus status`;
  if (!(error instanceof Error)) return undefined;
  const { code = '', path, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const meaning = meanings.get(code);
  if (meaning === undefined) return undefined;
  const where = path ?? (port === undefined ? undefined : `${address}:${port}`);
  return `${where === undefined ? '' : `${where}: `}${meaning} (${code})`;
}
