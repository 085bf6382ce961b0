/**
 * How many nodes that fit are enough: of large clusters only a part is scored, less the larger they are, and at least 100 nodes
 * (kube-scheduler's percentageOfNodesToScore and its adaptive default).
 */
export function nodesToFind(nodes: number, percentage?: number): number {
  if (nodes < 100) return nodes;
  const share = percentage ?? Math.max(5, Math.trunc(50 - nodes / 125));
  if (share >= 100) return nodes;
  return Math.max(100, Math.trunc((nodes * share) / 100));
}
