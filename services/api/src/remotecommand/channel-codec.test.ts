import { describe, expect, it } from 'vitest';
import { codecOf } from './channel-codec.ts';

describe('a message of a WebSocket', () => {
  const binary = codecOf('v5.channel.k8s.io');
  const base64 = codecOf('base64.channel.k8s.io');

  it('begins with its channel, a byte or a digit', () => {
    expect(binary.decode(Buffer.from([0, 104, 105]))).toEqual({ channel: 0, data: Buffer.from('hi') });
    expect(base64.decode(Buffer.from(`0${btoa('hi')}`))).toEqual({ channel: 0, data: Buffer.from('hi') });
  });

  it('closes another channel on channel 255', () => {
    expect(binary.decode(Buffer.from([255, 0]))).toEqual({ channel: 0 });
  });

  it('that names no channel says nothing', () => {
    expect(binary.decode(Buffer.of())).toBeUndefined();
    expect(binary.decode(Buffer.of(255))).toBeUndefined();
    expect(base64.decode(Buffer.of())).toBeUndefined();
    expect(base64.decode(Buffer.from(`+${btoa('hi')}`))).toBeUndefined();
  });
});
