import {
  BatchingEventRecorder,
  EventCorrelator,
  type EventRecorder,
  type EventRecorderOptions,
} from '@kubus/shared/events';

export type EventRecordersOptions = Omit<EventRecorderOptions, 'source' | 'correlator'>;

/** One recorder for each controller: its name is the source of its events, and the limits on events are its own. */
export class EventRecorders {
  readonly #options: EventRecordersOptions;
  readonly #recorders = new Map<string, BatchingEventRecorder>();

  constructor(options: EventRecordersOptions) {
    this.#options = options;
  }

  /** The recorder of a component such as 'deployment-controller'; the same one each time. */
  readonly recorder = (component: string): EventRecorder => {
    const known = this.#recorders.get(component);
    if (known !== undefined) return known;
    const correlator = new EventCorrelator();
    const recorder = new BatchingEventRecorder({ ...this.#options, source: { component }, correlator });
    this.#recorders.set(component, recorder);
    return recorder;
  };

  /** Tries once to send what is waiting. Later events are ignored. */
  async stop(): Promise<void> {
    await Promise.all([...this.#recorders.values()].map((recorder) => recorder.stop()));
  }
}
