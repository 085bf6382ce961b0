import { createHash } from 'node:crypto';

/** A request that waits for its seats. */
export interface Waiting {
  /** How many it takes. */
  readonly seats: number;
  start(): void;
}

/** Which queues are a flow's own: `handSize` of them, dealt as cards by its name (apiserver/pkg/util/shufflesharding). */
export function hand(flow: string, queues: number, handSize: number): number[] {
  const digest = createHash('sha256').update(flow).digest();
  let entropy = digest.readBigUInt64BE(0);
  const cards: number[] = [];
  for (let i = 0; i < Math.min(handSize, queues); i++) {
    const left = BigInt(queues - i);
    let card = Number(entropy % left);
    entropy /= left;
    // Of the cards that are left: those dealt before are stepped over.
    for (const dealt of [...cards].sort((a, b) => a - b)) if (card >= dealt) card += 1;
    cards.push(card);
  }
  return cards;
}

/**
 * Queues that take turns: a flow that asks for much fills its own queues and waits in them, one that asks for little finds one of its own that is short
 * (KEP-1040).
 */
export class FairQueues {
  readonly #queues: Set<Waiting>[];
  readonly #handSize: number;
  readonly #limit: number;
  #next = 0;
  #size = 0;

  constructor(options: { queues: number; handSize: number; queueLengthLimit: number }) {
    this.#queues = Array.from({ length: Math.max(1, options.queues) }, () => new Set());
    this.#handSize = options.handSize;
    this.#limit = options.queueLengthLimit;
  }

  get size(): number {
    return this.#size;
  }

  /** Puts a request into the shortest queue of its flow; undefined when that is full. The result takes it out again. */
  put(flow: string, waiting: Waiting): (() => void) | undefined {
    const own = hand(flow, this.#queues.length, this.#handSize).map((i) => this.#queues[i] as Set<Waiting>);
    const shortest = own.reduce((a, b) => (b.size < a.size ? b : a));
    if (shortest.size >= this.#limit) return undefined;
    shortest.add(waiting);
    this.#size += 1;
    return () => {
      if (shortest.delete(waiting)) this.#size -= 1;
    };
  }

  /** The first of the queue whose turn it is. */
  get first(): Waiting | undefined {
    const [first] = this.#turn() ?? [];
    return first;
  }

  /** Takes it out; the turn is the next queue's. */
  take(): Waiting | undefined {
    const queue = this.#turn();
    const [first] = queue ?? [];
    if (queue === undefined || first === undefined) return undefined;
    queue.delete(first);
    this.#size -= 1;
    this.#next = (this.#next + 1) % this.#queues.length;
    return first;
  }

  /** The queue whose turn it is: empty ones are stepped over. */
  #turn(): Set<Waiting> | undefined {
    if (this.#size === 0) return undefined;
    while (this.#queues[this.#next]?.size === 0) this.#next = (this.#next + 1) % this.#queues.length;
    return this.#queues[this.#next];
  }
}
