import { UsageError } from './arguments.ts';
import { createProgress } from './cluster/progress.ts';
import type { Command } from './commands/index.ts';
import { explain } from './explain.ts';

/** Commands are loaded when they are called, so that `kubus status` does not read the code of `kubus up`. */
const commands = new Map<string, () => Promise<Command>>([
  ['up', async () => (await import('./commands/up.ts')).up],
  ['down', async () => (await import('./commands/down.ts')).down],
  ['status', async () => (await import('./commands/status.ts')).status],
  ['nodes', async () => (await import('./commands/nodes.ts')).nodes],
  ['publish', async () => (await import('./commands/publish.ts')).publish],
  ['unpublish', async () => (await import('./commands/unpublish.ts')).unpublish],
  ['kubeconfig', async () => (await import('./commands/kubeconfig.ts')).kubeconfig],
  ['gateway', async () => (await import('./commands/gateway.ts')).gateway],
  ['rotate-keys', async () => (await import('./commands/rotate-keys.ts')).rotateKeys],
  ['init', async () => (await import('./commands/init.ts')).init],
]);

async function main([name, ...args]: string[]): Promise<number> {
  const load = name === undefined ? undefined : commands.get(name);
  if (load === undefined) {
    const known = name === undefined || name === 'help' || name === '--help';
    (known ? process.stdout : process.stderr).write(await help(known ? undefined : name));
    return known ? 0 : 2;
  }
  const command = await load();
  if (args.includes('--help')) {
    process.stdout.write(`${command.summary}\nusage: ${command.usage}\n`);
    return 0;
  }
  return command.run(args, { progress: createProgress((text) => void process.stdout.write(text)) });
}

async function help(unknown: string | undefined): Promise<string> {
  const lines = await Promise.all(
    [...commands].map(async ([name, load]) => `  kubus ${name.padEnd(12)} ${(await load()).summary}\n`),
  );
  return `${unknown === undefined ? '' : `kubus: no command '${unknown}'\n`}usage: kubus COMMAND [OPTIONS] (--help for each)\n\n${lines.join('')}`;
}

// Who reads what is printed may have gone (`kubus up | head`); the cluster is not to end in the middle for that.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

let exitCode: number;
try {
  exitCode = await main(process.argv.slice(2));
} catch (error) {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`kubus: ${explain(error) ?? stack}\n`);
  exitCode = error instanceof UsageError ? 2 : 1;
}
// A command that was interrupted may have left something that waits, for a connection or an answer.
process.exit(exitCode);
