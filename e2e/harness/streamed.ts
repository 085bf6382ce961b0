import type { ApiProxy } from './proxy.ts';

/** Types of the events of a watch of one object, each once, until it is deleted. */
export async function eventTypes<T>(
  proxy: ApiProxy,
  path: string,
  meanwhile: () => Promise<unknown>,
): Promise<{ types: string[]; last: T }> {
  const answer = await fetch(`http://${proxy.address}${path}`);
  const types: string[] = [];
  let last: T | undefined;
  const acting = meanwhile();
  let rest = '';
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n');
    rest = lines.pop() as string;
    for (const { type, object } of lines.map((line) => JSON.parse(line) as { type: string; object: T })) {
      if (types.at(-1) !== type) types.push(type);
      last = object;
    }
    if (types.at(-1) === 'DELETED') break;
  }
  await acting;
  if (last === undefined) throw new Error('nothing was watched');
  return { types, last };
}

/** Everything that a WebSocket says until it is closed; of framed ones what is on the channel of output. */
export async function listen(proxy: ApiProxy, path: string, protocol: string, framed: boolean): Promise<string> {
  const socket = new WebSocket(`ws://${proxy.address}${path}`, [protocol]);
  socket.binaryType = 'arraybuffer';
  let text = '';
  socket.onmessage = ({ data }) => {
    const bytes = Buffer.from(data as ArrayBuffer);
    if (!framed) text += bytes.toString();
    else if (bytes[0] === 1) text += bytes.subarray(1).toString();
  };
  await new Promise<void>((resolve, reject) => {
    socket.onclose = () => resolve();
    socket.onerror = () => reject(new Error(`WebSocket ${path}`));
  });
  return text;
}
