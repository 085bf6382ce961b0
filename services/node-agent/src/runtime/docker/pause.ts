import { createHash } from 'node:crypto';

/**
 * The program of the sandbox: does nothing until it is killed. Assembled here, so that the sandbox needs no image from anywhere: an ELF file of one
 * loadable segment whose code waits for a signal, for ever.
 */
function pauseProgram(architecture: string, kind: PauseKind = 'waits'): Uint8Array {
  const target = targets.get(architecture);
  if (target === undefined) throw new Error(`no sandbox for the architecture ${architecture}`);
  return elf(target.machine, target[kind]);
}

/** 'unshares': it first moves into a network namespace of its own and gives up all capabilities; it ends with 1 when it may not. */
export type PauseKind = 'waits' | 'unshares';

interface Target extends Record<PauseKind, number[]> {
  /** e_machine */
  machine: number;
}

const words = (...instructions: number[]) =>
  instructions.flatMap((w) => [w & 255, (w >> 8) & 255, (w >> 16) & 255, (w >>> 24) & 255]);

/** struct sigaction of the kernel: handler SIG_IGN, no flags, no restorer, empty mask. */
const ignore = [1, ...Array<number>(31).fill(0)];
/** capset(2): the header (_LINUX_CAPABILITY_VERSION_3, this process) and no capability in any of the three sets. */
const noCapabilities = words(0x20080522, 0, 0, 0, 0, 0, 0, 0);

/**
 * First SIGCHLD (17) is ignored by rt_sigaction: where a pod's containers share their processes this program is the parent of those whose own has gone, and
 * the kernel removes them at once when their new parent does not care.
 */
const amd64Waits = [
  // eax = 13 (rt_sigaction); edi = 17; rsi = address of the struct; edx = 0; r10d = 8; syscall
  ...[0xb8, 13, 0, 0, 0, 0xbf, 17, 0, 0, 0, 0x48, 0x8d, 0x35, 19, 0, 0, 0, 0x31, 0xd2, 0x41, 0xba, 8, 0, 0, 0],
  ...[0x0f, 0x05],
  // loop: eax = 34 (pause); syscall; jmp loop
  ...[0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7],
  ...ignore,
];

const arm64Waits = [
  // x8 = 134 (rt_sigaction); x0 = 17; x1 = address of the struct; x2 = 0; x3 = 8; svc 0
  ...words(0xd28010c8, 0xd2800220, 0x10000161, 0xd2800002, 0xd2800103, 0xd4000001),
  // loop: x8 = 73 (ppoll); x0..x3 = 0; svc 0; b loop
  ...words(0xd2800928, 0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd4000001, 0x17fffffa),
  ...ignore,
];

const amd64Unshares = [
  // edi = CLONE_NEWNET; eax = 272 (unshare); syscall; test eax, eax; jnz over what follows, to the exit
  ...[0xbf, 0, 0, 0, 0x40, 0xb8, 0x10, 0x01, 0, 0, 0x0f, 0x05, 0x85, 0xc0, 0x75, 21 + amd64Waits.length],
  // rdi = header, rsi = sets, behind the exit's 12 bytes; eax = 126 (capset); syscall
  ...[0x48, 0x8d, 0x3d, 26 + amd64Waits.length, 0, 0, 0, 0x48, 0x8d, 0x35, 27 + amd64Waits.length, 0, 0, 0],
  ...[0xb8, 0x7e, 0, 0, 0, 0x0f, 0x05],
  ...amd64Waits,
  // edi = 1; eax = 60 (exit); syscall
  ...[0xbf, 0x01, 0, 0, 0, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05],
  ...noCapabilities,
];

/** Distances in instructions are the 19 bits from the sixth on. */
const arm64Distance = (instructions: number) => (instructions + arm64Waits.length / 4) << 5;

const arm64Unshares = [
  // x0 = CLONE_NEWNET; x8 = 97 (unshare); svc 0; cbnz x0, exit
  ...words(0xd2a80000, 0xd2800c28, 0xd4000001, 0xb5000000 + arm64Distance(5)),
  // x0 = header; x1 = sets; x8 = 91 (capset); svc 0
  ...words(0x10000000 + arm64Distance(7), 0x10000001 + arm64Distance(8), 0xd2800b68, 0xd4000001),
  ...arm64Waits,
  // x0 = 1; x8 = 93 (exit); svc 0
  ...words(0xd2800020, 0xd2800ba8, 0xd4000001),
  ...noCapabilities,
];

/** By the names Docker and Kubernetes give to architectures. */
const targets = new Map<string, Target>([
  ['amd64', { machine: 62, waits: amd64Waits, unshares: amd64Unshares }],
  ['arm64', { machine: 183, waits: arm64Waits, unshares: arm64Unshares }],
]);

const base = 0x400000n;
const headerSize = 64;
const segmentSize = 56;

/** elf(5): file header, one program header, code; loaded as a whole, readable and executable. */
function elf(machine: number, code: number[]): Uint8Array {
  const size = headerSize + segmentSize + code.length;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const entry = base + BigInt(headerSize + segmentSize);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, entry, true);
  view.setBigUint64(32, BigInt(headerSize), true);
  view.setUint16(52, headerSize, true);
  view.setUint16(54, segmentSize, true);
  view.setUint16(56, 1, true);
  const segment = headerSize;
  view.setUint32(segment, 1, true);
  view.setUint32(segment + 4, 5, true);
  view.setBigUint64(segment + 16, base, true);
  view.setBigUint64(segment + 24, base, true);
  view.setBigUint64(segment + 32, BigInt(size), true);
  view.setBigUint64(segment + 40, BigInt(size), true);
  view.setBigUint64(segment + 48, 0x1000n, true);
  bytes.set(code, headerSize + segmentSize);
  return bytes;
}

/** A tar archive with the program as its only file, and the image's tag: a digest of the program. */
export function pauseImage(architecture: string, kind: PauseKind): { archive: Uint8Array; tag: string } {
  const program = pauseProgram(architecture, kind);
  const tag = createHash('sha256').update(program).digest('hex').slice(0, 12);
  const blocks = Math.ceil(program.length / 512);
  const archive = new Uint8Array(512 * (1 + blocks + 2));
  archive.set(tarHeader('pause', program.length));
  archive.set(program, 512);
  return { archive, tag };
}

/** A header block of a regular file, mode 0755 (POSIX ustar). */
function tarHeader(name: string, size: number): Uint8Array {
  const header = new Uint8Array(512);
  const put = (offset: number, text: string) => header.set(new TextEncoder().encode(text), offset);
  put(0, name);
  put(100, '0000755\0');
  put(108, '0000000\0');
  put(116, '0000000\0');
  put(124, `${size.toString(8).padStart(11, '0')}\0`);
  put(136, '00000000000\0');
  put(148, '        ');
  put(156, '0');
  put(257, 'ustar\x0000');
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}
