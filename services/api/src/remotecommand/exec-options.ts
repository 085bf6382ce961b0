import { type FieldError, invalid, StatusError } from '@kubus/shared/errors';
import { isTrue } from '../http/request-info.ts';

/** core/v1 PodExecOptions and PodAttachOptions, as the agent is given them. */
export interface ExecOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
  /** For exec alone. */
  command?: string[];
}

/** Reads the options of an exec or attach request; throws Invalid or BadRequest. */
export function execOptions(operation: 'exec' | 'attach', name: string, query: URLSearchParams): ExecOptions {
  const [stdin, stdout, stderr, tty] = ['stdin', 'stdout', 'stderr', 'tty'].map((flag) => isTrue(query, flag)) as [
    boolean,
    boolean,
    boolean,
    boolean,
  ];
  const command = query.getAll('command');
  const errors: FieldError[] = [];
  if (operation === 'exec' && command.length === 0) {
    errors.push({ type: 'FieldValueRequired', field: 'command', detail: 'Required value' });
  }
  const kind = operation === 'exec' ? 'PodExecOptions' : 'PodAttachOptions';
  if (errors.length > 0) throw invalid({ group: '', kind, name }, errors);
  if (!stdin && !stdout && !stderr) {
    throw new StatusError('BadRequest', 'you must specify at least 1 of stdin, stdout, stderr');
  }
  // A terminal has one output: what a program writes to stderr comes out of stdout.
  return { stdin, stdout, stderr: stderr && !tty, tty, ...(operation === 'exec' ? { command } : {}) };
}
