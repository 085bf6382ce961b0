import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keys, readAll, readSome, readToEnd, StreamRig, typing, uidOf } from '../../test/stream-rig.ts';

let rig: StreamRig;
beforeAll(async () => {
  rig = await StreamRig.start();
});
afterAll(() => rig.stop());

describe('exec', () => {
  const untilSize = (size: string) => [
    'sh',
    '-c',
    `until [ "$(stty size 2>/dev/null)" = "${size}" ]; do sleep 0.05; done; stty size`,
  ];

  it('joins input, output and errors, and ends with the exit code', async () => {
    const stream = await rig.open('exec', { command: ['sh', '-c', 'cat; echo oops >&2; exit 7'], stdin: true });
    await stream.send(0, Buffer.from('hello '));
    await stream.send(0, Buffer.from('world'));
    await stream.end(0);
    const seen = await readAll(stream);
    expect([seen.get(1), seen.get(2)]).toEqual(['hello world', 'oops\n']);
    expect(JSON.parse(seen.get(3) ?? '')).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '7' }] },
    });
  });

  it('tells of success', async () => {
    const seen = await readAll(await rig.open('exec', { command: ['true'] }));
    expect(JSON.parse(seen.get(3) ?? '')).toMatchObject({ status: 'Success' });
  });

  it('gives a terminal of the size that is asked for', async () => {
    const stream = await rig.open('exec', { command: untilSize('43 132'), tty: true, stdin: true });
    await stream.send(4, Buffer.from('{"Width":132,"Height":43}'));
    expect((await readAll(stream)).get(1)).toBe('43 132\r\n');
  });

  it('reads a size as Go does, whatever the case of its names', async () => {
    const stream = await rig.open('exec', { command: untilSize('44 88'), tty: true, stdin: true });
    await stream.send(4, Buffer.from('{"height":44,"width":88}'));
    expect((await readAll(stream)).get(1)).toBe('44 88\r\n');
  });

  it('hangs up a terminal when the client goes, and leaves alone what has none', async () => {
    const commands = async () => {
      const { Processes = [] } = (await rig.docker.getContainer(rig.containerId('main')).top()) as {
        Processes?: string[][];
      };
      return Processes.map((line) => line.at(-1));
    };
    const streams = [
      await rig.open('exec', { command: ['sleep', '54321'], tty: true, stdin: true }),
      await rig.open('exec', { command: ['sleep', '65432'] }),
    ];
    await eventually(async () =>
      expect(await commands()).toEqual(expect.arrayContaining(['sleep 54321', 'sleep 65432'])),
    );
    for (const stream of streams) await stream.close();
    await eventually(async () => expect(await commands()).not.toContain('sleep 54321'));
    expect(await commands()).toContain('sleep 65432');
  });

  it('takes no size of a terminal that is none', async () => {
    const stream = await rig.open('exec', { command: ['sh', '-c', 'read x; stty size'], tty: true, stdin: true });
    await stream.send(4, Buffer.from('{"Width":100,"Height":30}'));
    for (const size of ['', 'null', '{', '[]', '{"Width":-1,"Height":"x"}', '{"Width":1e9,"Height":2}'])
      await stream.send(4, Buffer.from(size));
    await stream.send(0, Buffer.from('go\n'));
    expect((await readAll(stream)).get(1)).toContain('30 100');
  });

  it('does not fill the memory with output that nobody reads', async () => {
    const stream = await rig.open('exec', { command: ['sh', '-c', 'dd if=/dev/zero bs=1M count=200 2>/dev/null'] });
    const before = process.memoryUsage().rss;
    await eventually(async () => {
      const { Processes = [] } = (await rig.docker.getContainer(rig.containerId('main')).top()) as {
        Processes?: string[][];
      };
      expect(Processes.some((line) => line.join(' ').includes('dd if'))).toBe(true);
    });
    await readSome(stream);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
    await stream.close();
  });

  it('gives a terminal each key at once, those that leave a terminal of Docker too', async () => {
    await typing(await rig.open('exec', { command: ['sh', '-c', keys], tty: true, stdin: true }), async (shown) =>
      shown.includes('ready'),
    );
  });

  it('says when the command is not there', async () => {
    const seen = await readAll(await rig.open('exec', { command: ['/missing'] }));
    expect(JSON.parse(seen.get(3) ?? '{}')).toMatchObject({ status: 'Failure' });
  });
});

describe('attach', () => {
  it('joins the running container', async () => {
    const stream = await rig.open('attach', { stdin: true }, { container: 'other' });
    await stream.send(0, Buffer.from('a line\n'));
    let text = '';
    for await (const { channel, data } of stream.incoming) {
      if (channel === 1) text += Buffer.from(data ?? []).toString();
      if (text.includes('\n')) break;
    }
    expect(text).toBe('got a line\n');
    await stream.close();
  });

  it('gives a terminal each key at once, those that leave a terminal of Docker too', async () => {
    await typing(await rig.open('attach', { stdin: true, tty: true }, { container: 'keys' }), async () =>
      (await rig.logs({}, { container: 'keys' })).text.includes('ready'),
    );
  });

  it('tells a container of the end of its input where that comes once, and gives what it says until it ends', async () => {
    const stream = await rig.open('attach', { stdin: true }, { container: 'once' });
    await stream.send(0, Buffer.from('a line\n'));
    await stream.end(0);
    expect((await readAll(stream)).get(1)).toBe('a line\nthe end\n');
  });

  it('is left with the answer when the input ends, and can be joined again', async () => {
    for (const line of ['first', 'second']) {
      // An answer that takes long comes when nobody listens any more.
      await eventually(async () => {
        const stream = await rig.open('attach', { stdin: true }, { container: 'again' });
        await stream.send(0, Buffer.from(`${line}\n`));
        await stream.end(0);
        expect((await readAll(stream)).get(1)).toContain(`got ${line}\n`);
      });
    }
  });
});

describe('portforward', () => {
  const forward = (port: unknown, more: object = {}) =>
    rig.open('portforward', { port, ...more }, { pod: 'ports', uid: uidOf('ports') });

  it('reaches the pod, and passes on the end of what is sent', async () => {
    const stream = await forward(80);
    await stream.send(0, Buffer.from('there '));
    await stream.send(0, Buffer.from('and back'));
    await stream.end(0);
    expect(await readAll(stream)).toEqual(new Map([[1, 'there and back']]));
    expect((await stream.closed)?.status).not.toBe('Failure');
  });

  it('reaches what listens for the pod alone', async () => {
    const stream = await forward(81);
    await stream.send(0, Buffer.from('GET /hostname HTTP/1.0\r\n\r\n'));
    expect(await readToEnd(stream)).toMatch(/^HTTP\/1.[01] 200 OK[\s\S]*\nports\n$/);
    await stream.end(0);
    await readAll(stream);
  });

  it('passes on the end of what is sent to the loopback too', async () => {
    const sandbox = (await rig.runtime.containers(uidOf('ports'))).find(({ container }) => container === '');
    if (sandbox === undefined) throw new Error('no sandbox');
    const connections = [1, 2, 3].map(() => rig.runtime.dial({ ...sandbox, ips: [] }, 80, { loopback: true }));
    for (const [i, socket] of (await Promise.all(connections)).entries()) {
      socket.end(`number ${i}`);
      const text: Buffer[] = [];
      for await (const chunk of socket) text.push(chunk as Buffer);
      expect(Buffer.concat(text).toString()).toBe(`number ${i}`);
    }
  });

  it('passes on the end of what the pod sends', async () => {
    const stream = await forward(82);
    await stream.send(0, Buffer.from('abc'));
    expect(await readToEnd(stream)).toBe('abc');
    await stream.close();
  });

  it('carries many connections at once, each with its own bytes', async () => {
    const echoed = async (i: number) => {
      const stream = await forward(80);
      const text = `${i} `.repeat(20_000);
      const seen = readAll(stream);
      await stream.send(0, Buffer.from(text));
      await stream.end(0);
      const answer = (await seen).get(1);
      return answer === text ? 'the same' : `${answer?.length} of ${text.length}: ${(await stream.closed)?.message}`;
    };
    const outcomes = await Promise.all(Array.from({ length: 6 }, (_, i) => echoed(i)));
    expect(new Set(outcomes)).toEqual(new Set(['the same']));
  });

  it('does not read on while nobody takes what the pod sends, nor send on while the pod does not', async () => {
    const stream = await forward(80);
    let sent = 0;
    const piece = Buffer.alloc(256 * 1024);
    const flood = async () => {
      for (; sent < 400; sent += 1) await stream.send(0, piece);
    };
    flood().catch(() => undefined);
    let last = -1;
    await eventually(() => {
      const settled = sent === last;
      last = sent;
      expect(settled).toBe(true);
    });
    expect(sent).toBeLessThan(200);
    await stream.close();
  });

  it('says why nobody answers', async () => {
    const stream = await forward(99);
    await readAll(stream);
    expect(await stream.closed).toMatchObject({
      reason: 'ServiceUnavailable',
      message: expect.stringMatching(
        /^dial tcp [\d.]+:99: connect: connection refused, dial tcp 127\.0\.0\.1:99: connect: connection refused$/,
      ),
    });
  });

  it('leaves the loopback alone for those who may only come from outside', async () => {
    const stream = await forward(81, { loopback: false });
    await readAll(stream);
    expect((await stream.closed)?.message).toMatch(/^dial tcp [\d.]+:81: connect: connection refused$/);
  });

  it.each([0, 65_536, 'x', undefined])('to port %s is refused', async (port) => {
    const stream = await forward(port);
    await readAll(stream);
    expect((await stream.closed)?.reason).toBe('BadRequest');
  });
});

describe('logs', () => {
  it('hold output and errors from the beginning, cut where it is asked for', async () => {
    const { text } = await rig.logs({});
    expect(text.split('\n').slice(0, 3).sort()).toEqual(['one', 'three', 'two']);
    expect((await rig.logs({ limitBytes: '7' })).text).toHaveLength(7);
    expect((await rig.logs({ tailLines: '2' })).text).toBe('tick\ntick\n');
    expect((await rig.logs({ tailLines: '1', timestamps: 'true' })).text).toMatch(/^\d{4}-\d\d-\d\dT\S+Z tick\n$/);
    expect((await rig.logs({ sinceTime: '2999-01-01T00:00:00Z' })).text).toBe('');
  });

  it('are followed until the reader leaves', async () => {
    const stream = await rig.open('logs', { follow: 'true', tailLines: '0' });
    let ticks = 0;
    for await (const { data } of stream.incoming) {
      ticks +=
        Buffer.from(data ?? [])
          .toString()
          .split('tick').length - 1;
      if (ticks >= 3) break;
    }
    await stream.close();
    expect(ticks).toBeGreaterThanOrEqual(3);
  });

  it('of the start before are kept', async () => {
    const { text } = await rig.logs({ previous: 'true' }, { pod: 'crashing', uid: uidOf('crashing') });
    expect(text).toBe('ran\n');
    const { status } = await rig.logs({ previous: 'true' });
    expect(status).toMatchObject({
      reason: 'BadRequest',
      message: 'previous terminated container "main" in pod "web" not found',
    });
  });

  it('of a container that has not started say why', async () => {
    const { status } = await rig.logs({}, { pod: 'waiting', uid: uidOf('waiting') });
    expect(status).toMatchObject({
      reason: 'BadRequest',
      message: 'container "main" in pod "waiting" is waiting to start: ErrImageNeverPull',
    });
  });

  it.each([{}, { previous: 'true' }])('of a pod that its node refused are none, asked for with %j', async (options) => {
    const { status } = await rig.logs(options, { pod: 'refused', uid: uidOf('refused') });
    expect(status).toMatchObject({
      reason: 'BadRequest',
      message: 'container "main" in pod "refused" is not available',
    });
  });

  it('are refused for options that make no sense', async () => {
    expect((await rig.logs({ tailLines: '-1' })).status).toMatchObject({ reason: 'BadRequest' });
    expect((await rig.logs({ sinceTime: 'yesterday' })).status).toMatchObject({ reason: 'BadRequest' });
  });
});

describe('a stream', () => {
  it.each([
    ['another uid', { uid: 'uid-old' }],
    ['another name', { pod: 'db' }],
    ['another namespace', { namespace: 'kube-system' }],
  ])('for %s finds no pod', async (_, more) => {
    expect((await rig.logs({}, more)).status).toMatchObject({ reason: 'NotFound' });
  });

  it('for a container that the pod has not is refused', async () => {
    expect((await rig.logs({}, { container: 'none' })).status).toMatchObject({
      reason: 'BadRequest',
      message: 'container none is not valid for pod web',
    });
  });
});
