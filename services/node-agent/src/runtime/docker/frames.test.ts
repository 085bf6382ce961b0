import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readFrames } from './frames.ts';

interface Frame {
  stream: number;
  data: Uint8Array;
}

/** As the engine sends them. */
function encode({ stream, data }: Frame): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

async function piecesOf(chunks: readonly Buffer[]) {
  const pieces: { stream: number; text: string }[] = [];
  for await (const { stream, data } of readFrames(Readable.from(chunks))) {
    pieces.push({ stream, text: data.toString('latin1') });
  }
  return pieces;
}

const frame = (stream: number, text: string) => encode({ stream, data: Buffer.from(text) });

it('what one read brought of a stream is one piece, without the headers between', async () => {
  const all = Buffer.concat([frame(1, 'one'), frame(1, 'two'), frame(1, 'three')]);
  expect(await piecesOf([all.subarray(0, 22), all.subarray(22)])).toEqual([
    { stream: 1, text: 'onetwo' },
    { stream: 1, text: 'three' },
  ]);
});

it('keeps output and errors apart, and in the order in which they came', async () => {
  const chunk = Buffer.concat([frame(1, 'a'), frame(2, 'b'), frame(2, ''), frame(2, 'c'), frame(1, 'd')]);
  expect(await piecesOf([chunk])).toEqual([
    { stream: 1, text: 'a' },
    { stream: 2, text: 'bc' },
    { stream: 1, text: 'd' },
  ]);
});

it('gives each stream its bytes, wherever the connection was cut', async () => {
  const anyFrame = fc.record({ stream: fc.constantFrom(1, 2), data: fc.uint8Array({ maxLength: 40 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(anyFrame, { maxLength: 12 }), fc.array(fc.nat(60)), async (frames, sizes) => {
      const whole = Buffer.concat(frames.map(encode));
      const chunks: Buffer[] = [];
      for (let at = 0; at < whole.length; ) {
        const size = (sizes[chunks.length % Math.max(1, sizes.length)] ?? 7) + 1;
        // A chunk is the reader's own, as those of a socket are.
        chunks.push(Buffer.from(whole.subarray(at, at + size)));
        at += size;
      }
      const pieces = await piecesOf(chunks);
      for (const stream of [1, 2]) {
        const sent = Buffer.concat(frames.filter((sent) => sent.stream === stream).map(({ data }) => data));
        const got = pieces.filter((piece) => piece.stream === stream).map(({ text }) => text);
        expect(got.join('')).toBe(sent.toString('latin1'));
      }
    }),
  );
});
