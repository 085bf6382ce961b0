import { connect } from 'node:net';
import { failure, type Outcome, success } from './contract.ts';
import { dialError } from './network-error.ts';

/** Whether something takes connections there. */
export function dialTcp(host: string, port: number, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (outcome: Outcome) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once('connect', () => end(success()));
    socket.once('timeout', () => end(failure(dialError({ code: 'ETIMEDOUT' }, host, port))));
    socket.once('error', (error) => end(failure(dialError(error, host, port))));
  });
}
