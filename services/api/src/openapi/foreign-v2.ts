import { type ForeignV2, MergedV2, type OpenApiDocuments } from '@kubus/shared/schema';

/** Servers behind this one, with their documents of version 2. */
export interface ForeignDocuments {
  remoteVersions(): readonly { group: string; version: string }[];
  /** Rejects where the server does not say. */
  openApiV2(group: string, version: string): Promise<unknown>;
}

/** How long what they said is believed, in ms; kube-aggregator asks as often. */
const LIFE = 60_000;

type V2 = Pick<OpenApiDocuments, 'v2Json' | 'v2Protobuf'>;

/** Asks others for their documents when somebody asks for all of them; those who do not answer are left out. Without any it costs nothing. */
export class ForeignV2Documents {
  readonly #foreign: ForeignDocuments;
  readonly #now: () => number;
  #kept: { own: V2; of: string; until: number; merged: Promise<V2> } | undefined;

  constructor(foreign: ForeignDocuments, now: () => number = Date.now) {
    this.#foreign = foreign;
    this.#now = now;
  }

  beside(own: V2): V2 | Promise<V2> {
    const versions = [...this.#foreign.remoteVersions()].map(({ group, version }) => ({ group, version }));
    if (versions.length === 0) return own;
    const of = JSON.stringify(versions);
    const kept = this.#kept;
    if (kept?.own === own && kept.of === of && kept.until > this.#now()) return kept.merged;
    const merged = this.#merge(own, versions);
    this.#kept = { own, of, until: this.#now() + LIFE, merged };
    return merged;
  }

  async #merge(own: V2, versions: readonly { group: string; version: string }[]): Promise<V2> {
    const others = await Promise.all(
      versions.map(async ({ group, version }): Promise<ForeignV2[]> => {
        const document = await this.#foreign.openApiV2(group, version).catch(() => undefined);
        return document === undefined ? [] : [{ path: `/apis/${group}/${version}`, document }];
      }),
    );
    return others.flat().length === 0 ? own : new MergedV2(own.v2Json(), others.flat());
  }
}
