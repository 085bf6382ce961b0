import { access, readdir, readFile, readlink } from 'node:fs/promises';
import { linkName, macAddress, parseIPv4, parseLinkName } from './addresses.ts';
import type { CommandShell } from './command-shell.ts';

/** How long a sandbox may take to move into its own namespace once it runs; milliseconds. */
const moveMs = 2_000;

export interface Bridge {
  /** Interface on this machine. */
  name: string;
  subnet: string;
  gateway: string;
  prefixLength: number;
}

/** Links a network namespace to the bridge. The host's end joins the bridge last: a link that has joined is complete. Throws when the address is taken. */
export async function connectLink(shell: CommandShell, bridge: Bridge, ip: string, pid: number): Promise<void> {
  await hasMoved(pid);
  const mtu = (await readFile(`/sys/class/net/${bridge.name}/mtu`, 'utf8')).trim();
  const link = linkName(ip);
  // Made inside, with the other end put outside, so that both vanish with the namespace whatever happens here.
  const inside = [
    `link add eth0 mtu ${mtu} address ${macAddress(ip)} type veth peer name ${link} mtu ${mtu} netns ${process.pid}`,
    'link set lo up',
    `addr add ${ip}/${bridge.prefixLength} dev eth0`,
    'link set eth0 up',
    `route add default via ${bridge.gateway}`,
  ];
  const batch = inside.map((line) => `'${line}\\n'`).join('');
  await shell.run(`printf ${batch} | nsenter -t ${pid} -n ip -batch - && ip link set ${link} master ${bridge.name} up`);
}

/** Links that have lost their bridge join it again. */
export async function joinBridge(shell: CommandShell, { name, subnet, prefixLength }: Bridge): Promise<void> {
  const size = 2 ** (32 - prefixLength);
  const network = Math.floor(parseIPv4(subnet.split('/')[0] ?? '') / size);
  const links = (await readdir('/sys/class/net')).filter((link) => {
    const address = parseLinkName(link);
    return address !== undefined && Math.floor(address / size) === network;
  });
  for (const link of links) await shell.run(`ip link set ${link} master ${name} up`);
}

export async function isLinked(ip: string): Promise<boolean> {
  return access(`/sys/class/net/${linkName(ip)}/master`).then(
    () => true,
    () => false,
  );
}

/** The engine says that a program runs before it has come to its first instruction. Working on in the host's namespace would reconfigure the host. */
async function hasMoved(pid: number): Promise<void> {
  const own = await readlink('/proc/self/ns/net');
  const deadline = performance.now() + moveMs;
  for (;;) {
    const now = await readlink(`/proc/${pid}/ns/net`);
    if (now !== own) return;
    if (performance.now() > deadline) throw new Error('the sandbox did not move into a network namespace of its own');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
