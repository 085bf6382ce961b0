import type { ApiResponse } from '@kubus/shared/bus';
import type { Call, StoredCall } from '../call.ts';
import type { Deps } from '../deps.ts';

/** What is not kept but carried out: a review, a token, an eviction. Authorized already; admission is the action's own. */
export type Action = (deps: Deps, call: Call) => Promise<ApiResponse>;

/** An action on an object: its subresource. */
export type ObjectAction = (deps: Deps, call: StoredCall) => Promise<ApiResponse>;

/** Resources of which nothing is stored, by `<group>/<resource>`; and subresources, by `<group>/<resource>/<subresource>`. */
export interface Actions {
  resources: ReadonlyMap<string, Action>;
  subresources: ReadonlyMap<string, ObjectAction>;
}
