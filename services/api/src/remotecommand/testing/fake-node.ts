import type { BusStream, NodeStreamRequest } from '@kubus/shared/bus';
import type { Status, StatusError } from '@kubus/shared/errors';
import type { ChannelItem } from '../channels.ts';
import type { NodeStreams } from '../contract.ts';
import { Inbox } from '../inbox.ts';

/** The agent's end of a stream, driven by a test. */
export class FakeAgentStream {
  readonly #toApi = new Inbox<ChannelItem>();
  readonly #closed = Promise.withResolvers<Status | undefined>();
  /** What the api has sent. */
  readonly received: ChannelItem[] = [];
  closedByApi = false;

  say(channel: number, text: string): void {
    this.#toApi.push({ channel, data: Buffer.from(text) });
  }

  close(status?: Status): void {
    this.#closed.resolve(status);
    this.#toApi.end();
  }

  /** The api's end. */
  get stream(): BusStream {
    return {
      send: async (channel, data) => void this.received.push({ channel, data }),
      end: async (channel) => void this.received.push({ channel }),
      incoming: this.#toApi,
      close: async () => {
        this.closedByApi = true;
        this.close();
      },
      closed: this.#closed.promise,
    };
  }
}

/** Nodes of which each opened stream is handed to the test. */
export class FakeNodes implements NodeStreams {
  readonly opened: { node: string; request: NodeStreamRequest; agent: FakeAgentStream }[] = [];
  refusal: StatusError | undefined;
  /** What an agent does as soon as it is asked. */
  script: (agent: FakeAgentStream, request: NodeStreamRequest) => void = () => undefined;

  async open(node: string, request: NodeStreamRequest): Promise<BusStream> {
    if (this.refusal !== undefined) throw this.refusal;
    const agent = new FakeAgentStream();
    this.opened.push({ node, request, agent });
    this.script(agent, request);
    return agent.stream;
  }

  get last(): FakeAgentStream {
    const { agent } = this.opened.at(-1) ?? {};
    if (agent === undefined) throw new Error('no stream was opened');
    return agent;
  }
}
