import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';

interface Selected {
  admit: readonly AdmissionPlugin[];
  validate: readonly AdmissionPlugin[];
}

/** Runs the plugins that concern a request, in order; the first refusal ends it. Which they are is found out once per kind of request. */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #selected = new Map<string, Selected>();

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  /** A second round follows when something that mutates asks for one by `rounds.again`. */
  admit(request: AdmissionRequest): void | Promise<void> {
    const { admit } = this.#for(request);
    const pending = run(admit, 'admit', request, 0);
    if (pending === undefined) return undefined;
    return pending.then(() => {
      const { rounds } = request;
      if (rounds?.again !== true) return undefined;
      rounds.current = 1;
      rounds.again = false;
      return run(admit, 'admit', request, 0);
    });
  }

  validate(request: AdmissionRequest): void | Promise<void> {
    return run(this.#for(request).validate, 'validate', request, 0);
  }

  #for(request: AdmissionRequest): Selected {
    const { resource, subresource, operation } = request;
    const key = `${operation} ${resource.group}/${resource.resource}/${subresource}`;
    let selected = this.#selected.get(key);
    if (selected === undefined) {
      selected = this.#select(request, operation);
      this.#selected.set(key, selected);
    }
    return selected;
  }

  #select({ resource, subresource }: AdmissionRequest, operation: AdmissionOperation): Selected {
    const concerned = this.#plugins.filter((plugin) => plugin.concerns(resource, subresource, operation));
    return {
      admit: concerned.filter((plugin) => plugin.admit !== undefined),
      validate: concerned.filter((plugin) => plugin.validate !== undefined),
    };
  }
}

function run(
  plugins: readonly AdmissionPlugin[],
  step: 'admit' | 'validate',
  request: AdmissionRequest,
  from: number,
): void | Promise<void> {
  for (let i = from; i < plugins.length; i++) {
    const pending = plugins[i]?.[step]?.(request);
    if (pending !== undefined) return pending.then(() => run(plugins, step, request, i + 1));
  }
}
