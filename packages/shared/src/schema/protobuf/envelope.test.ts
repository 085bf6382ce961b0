import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatusError } from '../../errors/index.ts';
import { parseApiVersion } from '../../object/index.ts';
import type { JsonObject } from '../data.ts';
import { decodeObject } from '../decode/decode-object.ts';
import { builtinSchema } from '../schema-set.ts';
import { decodeProtobuf, encodeProtobuf } from './envelope.ts';

interface Recorded {
  command: string;
  body: string;
  /** What the same command prints with --dry-run=client -o json; absent where it has no such form. */
  json?: JsonObject;
}

/** Bodies that kubectl 1.36.4 sent. */
const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, 'testdata/kubectl-create.json'), 'utf8'),
) as Recorded[];
const bytesOf = ({ body }: Recorded): Buffer => Buffer.from(body, 'base64');

describe("kubectl's protobuf bodies", () => {
  it.each(recorded.filter(({ json }) => json !== undefined))('$command', (request) => {
    const decoded = decodeProtobuf(bytesOf(request));
    // The dry run prints the namespace that the request has in its URL only.
    const { metadata, ...rest } = decoded;
    const { metadata: printed, ...expected } = request.json as JsonObject;
    expect(rest).toEqual(expected);
    expect({ ...(printed as object), ...(metadata as object) }).toEqual(printed);
  });

  it.each(recorded)('$command is encoded to the same bytes again', (request) => {
    expect(encodeProtobuf(decodeProtobuf(bytesOf(request))).toString('base64')).toBe(request.body);
  });

  it('hold virtual kinds too', () => {
    const [token, review] = ['create token', 'can-i'].map((text) => {
      const request = recorded.find(({ command }) => command.includes(text)) as Recorded;
      return decodeProtobuf(bytesOf(request));
    });
    expect(token).toMatchObject({
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      spec: { audiences: ['a'], expirationSeconds: 3600, boundObjectRef: { kind: 'Pod', name: 'p' } },
    });
    expect(review).toMatchObject({
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'list', resource: 'pods', subresource: 'log' } },
    });
  });
});

/** One filled-in object of every kind, as JSON and protobuf, beside Debian's copy of the API sources. */
const testdata = join(process.env['KUBERNETES_SOURCES'] ?? '/usr/share/gocode/src/k8s.io', 'api/testdata/HEAD');

describe.runIf(existsSync(testdata))("Kubernetes' own test data", () => {
  const names = existsSync(testdata) ? readdirSync(testdata).filter((name) => name.endsWith('.json')) : [];
  const samples = names.flatMap((name) => {
    const json = JSON.parse(readFileSync(join(testdata, name), 'utf8')) as { apiVersion?: string; kind: string };
    const gvk = { ...parseApiVersion(json.apiVersion ?? ''), kind: json.kind };
    const node = builtinSchema.document(gvk);
    const bytes = readFileSync(join(testdata, name.replace(/json$/, 'pb')));
    return node === undefined ? [] : [{ name, node, bytes, json: json as unknown as JsonObject }];
  });

  it.each(samples)('$name', ({ node, bytes, json }) => {
    expect(decodeProtobuf(bytes)).toEqual(json);
    expect(encodeProtobuf(json).equals(bytes)).toBe(true);
    expect(decodeObject(node, json, { fieldValidation: 'Strict' }).object).toEqual(json);
  });
});

describe('hostile bytes', () => {
  const sample = bytesOf(recorded.find(({ command }) => command.includes('deployment')) as Recorded);
  const attempt = (bytes: Uint8Array): void => {
    try {
      decodeProtobuf(bytes);
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'BadRequest') throw error;
    }
  };

  it('are refused as a bad request when cut off, changed or invented', () => {
    for (let length = 0; length < sample.length; length += 1) attempt(sample.subarray(0, length));
    fc.assert(
      fc.property(fc.nat(sample.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(sample);
        changed[at] = byte;
        attempt(changed);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => attempt(Buffer.concat([Buffer.from('k8s\0'), bytes]))),
    );
  });

  it('cannot claim to be longer than they are', () => {
    const claim = Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x12, 0x7f, 0x0a])]);
    expect(() => decodeProtobuf(claim)).toThrow('unexpected end');
    const inner = Buffer.from('\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x03\x0a\x09x', 'latin1');
    expect(() => decodeProtobuf(Buffer.concat([Buffer.from('k8s\0'), inner]))).toThrow('unexpected end');
  });

  it('cannot nest without end', () => {
    let message: Buffer = Buffer.alloc(0);
    for (let i = 0; i < 2000; i += 1) message = Buffer.concat([Buffer.from([0x0a]), varint(message.length), message]);
    attempt(Buffer.concat([Buffer.from('k8s\0'), message]));
  });

  it('are told apart from unknown kinds', () => {
    expect(() => decodeProtobuf(Buffer.from('{"kind":"Pod"}'))).toThrow("it does not begin with 'k8s\\0'");
    const unknown = Buffer.from(`k8s\0\n\x0b\n\x02v1\x12\x05Thing`, 'latin1');
    expect(() => decodeProtobuf(unknown)).toThrow('no kind "Thing" is registered for version "v1"');
  });

  it('keep map keys data', () => {
    const body = {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: JSON.parse('{"labels":{"__proto__":"x","constructor":"y"}}') as JsonObject,
    };
    const decoded = decodeProtobuf(encodeProtobuf(body));
    expect(JSON.stringify(decoded['metadata'])).toBe('{"labels":{"__proto__":"x","constructor":"y"}}');
  });
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}
