import { StatusError } from '@kubus/shared/errors';
import type { PathCall } from './call.ts';
import { encode, send } from './respond.ts';

export type PathHandler = (call: PathCall) => Promise<void>;

/** Everything that is no resource, by the first segment of its path. */
export class Paths {
  readonly #handlers: ReadonlyMap<string, PathHandler>;

  constructor(handlers: Readonly<Record<string, PathHandler>>) {
    this.#handlers = new Map(Object.entries(handlers));
  }

  async serve(call: PathCall): Promise<void> {
    if (call.info.verb !== 'get' && call.info.verb !== 'head') {
      throw new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
    }
    const root = call.info.path.split('/')[1] ?? '';
    if (root === '') return this.#index(call);
    const handler = this.#handlers.get(root);
    if (handler === undefined) {
      throw new StatusError('NotFound', 'the server could not find the requested resource', {});
    }
    await handler(call);
  }

  #index(call: PathCall): Promise<void> {
    const paths = [...this.#handlers.keys()].map((root) => `/${root}`).sort();
    return send(call.request, call.response, encode({ paths }, { format: 'json', pretty: true }));
  }
}
