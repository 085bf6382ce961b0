import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, formatCidr, formatIp, parseCidr, parseIp } from './ip.ts';

const canonical = (text: string): string | undefined => {
  const ip = parseIp(text);
  return ip && formatIp(ip);
};

describe('addresses', () => {
  it('have one form', () => {
    expect(canonical('10.0.0.1')).toBe('10.0.0.1');
    expect(canonical('FD00:0:0::0001')).toBe('fd00::1');
    expect(canonical('1:0:0:2:0:0:0:3')).toBe('1:0:0:2::3');
    expect(canonical('::')).toBe('::');
    expect(canonical('1:2:3:4:5:6:7:0')).toBe('1:2:3:4:5:6:7:0');
    expect(canonical('::ffff:1.2.3.4')).toBe('::ffff:1.2.3.4');
    for (const text of ['', '010.0.0.1', '1.2.3', 'fe80::1%eth0', '1.2.3.4/8', ':::']) {
      expect(canonical(text)).toBeUndefined();
    }
  });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (value) => {
        expect(parseIp(formatIp({ family: 'IPv6', value }))?.value).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }), (value) => {
        expect(parseIp(formatIp({ family: 'IPv4', value }))).toEqual({ family: 'IPv4', value });
      }),
    );
  });
});

describe('ranges', () => {
  it('hold their addresses and no others', () => {
    const range = parseCidr('10.96.0.7/30');
    if (range === undefined) throw new Error('not a range');
    expect(formatCidr(range)).toBe('10.96.0.4/30');
    const inside = ['10.96.0.3', '10.96.0.4', '10.96.0.7', '10.96.0.8', '::a60:4'].map((text) => {
      const ip = parseIp(text);
      return ip !== undefined && contains(range, ip);
    });
    expect(inside).toEqual([false, true, true, false, false]);
    for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/', 'fd00::/129']) {
      expect(parseCidr(text)).toBeUndefined();
    }
  });
});
