import type { FlowSchema, PriorityLevelConfiguration } from '@kubus/shared/schema';
import type { LiveView } from '../storage/index.ts';
import { distinguisher, type FlowSubject, inOrder, schemaMatches } from './classify.ts';
import { PriorityLevel } from './priority-level.ts';
import { type SizeOf, widthOf } from './width.ts';

/** Seats of all levels together: kube-apiserver's --max-requests-inflight and --max-mutating-requests-inflight. */
const DEFAULT_SEATS = 600;

/** A request's place among others: one seat or several. */
export interface Seat {
  /** uids of the objects that decided; '' where they are not known. */
  flowSchema: string;
  priorityLevel: string;
  /** Gives the seats back. */
  leave(): void;
}

export interface FlowControlOptions {
  schemas: Pick<LiveView<FlowSchema>, 'values' | 'revision'>;
  levels: Pick<LiveView<PriorityLevelConfiguration>, 'values' | 'revision'>;
  seats?: number;
  /** By which lists take more seats than one; default: none does. */
  sizeOf?: SizeOf;
}

const unknown: SizeOf = () => undefined;

/**
 * Shares out the seats of this replica among priority levels, and those of a level fairly among its flows (kubernetes.io: API Priority and Fairness; KEP-1040). What finds no
 * seat waits in a queue of its flow; what finds no room there is turned away with 429.
 */
export class FlowControl {
  readonly #options: FlowControlOptions;
  readonly #levels = new Map<string, PriorityLevel>();
  #schemas: readonly FlowSchema[] = [];
  #revisions = '';

  constructor(options: FlowControlOptions) {
    this.#options = options;
  }

  /** Waits at most `patienceMs`. Throws TooManyRequests; rejects with the signal's reason when the client goes away. */
  enter(subject: FlowSubject, patienceMs: number, signal?: AbortSignal): Seat | Promise<Seat> {
    this.#refresh();
    const schema = this.#schemas.find((candidate) => schemaMatches(candidate, subject));
    const level =
      this.#levels.get(schema?.spec?.priorityLevelConfiguration.name ?? '') ?? this.#levels.get('catch-all');
    // Before the first objects are there, everybody is let in: the server has just made them, or is about to.
    if (schema === undefined || level === undefined)
      return { flowSchema: '', priorityLevel: '', leave: () => undefined };
    const seats = widthOf(subject, this.#options.sizeOf ?? unknown);
    const leave = level.enter(`${schema.metadata.name}/${distinguisher(schema, subject)}`, seats, patienceMs, signal);
    const seat = (done: () => void): Seat => ({
      flowSchema: schema.metadata.uid ?? '',
      priorityLevel: level.uid,
      leave: done,
    });
    return leave instanceof Promise ? leave.then(seat) : seat(leave);
  }

  /** For metrics. */
  levels(): Iterable<PriorityLevel> {
    this.#refresh();
    return this.#levels.values();
  }

  #refresh(): void {
    const { schemas, levels } = this.#options;
    const revisions = `${schemas.revision} ${levels.revision}`;
    if (revisions === this.#revisions) return;
    this.#revisions = revisions;
    this.#schemas = inOrder(schemas.values());
    this.#reconcile([...levels.values()]);
  }

  #reconcile(wanted: readonly PriorityLevelConfiguration[]): void {
    const seats = this.#options.seats ?? DEFAULT_SEATS;
    const shares = wanted.reduce((sum, level) => sum + sharesOf(level), 0);
    const names = new Set(wanted.map(({ metadata }) => metadata.name));
    for (const name of this.#levels.keys()) if (!names.has(name)) this.#levels.delete(name);
    for (const configuration of wanted) {
      const nominal = shares === 0 ? seats : Math.ceil((seats * sharesOf(configuration)) / shares);
      const known = this.#levels.get(configuration.metadata.name);
      if (known === undefined) {
        this.#levels.set(configuration.metadata.name, new PriorityLevel(configuration, nominal, () => this.#spare()));
      } else known.configure(configuration, nominal);
    }
  }

  /** Seats that levels do not need now and may lend, less those that are lent. */
  #spare(): number {
    let spare = 0;
    for (const level of this.#levels.values()) spare += level.lends - level.borrows;
    return spare;
  }
}

function sharesOf({ spec }: PriorityLevelConfiguration): number {
  if (spec?.type === 'Exempt') return spec.exempt?.nominalConcurrencyShares ?? 0;
  return spec?.limited?.nominalConcurrencyShares ?? 30;
}
