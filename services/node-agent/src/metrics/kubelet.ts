import { kubeletVersion } from '../version.ts';
import { family, type Sample } from './exposition.ts';
import type { NodeReading } from './facts.ts';

/** Of a kubelet's own metrics, what this agent knows of itself. */
export function kubeletMetrics({ node, records }: NodeReading): string {
  const containers = records.filter(({ container }) => container !== '');
  const sandboxes = records.filter(({ container, state }) => container === '' && state === 'running');
  const states = Map.groupBy(containers, ({ state }) => state);
  const byState = [...states].map(([state, of]): Sample => [{ container_state: state }, of.length]);
  const { user, system } = process.cpuUsage();
  return [
    family('kubernetes_build_info', 'gauge', 'The version that is followed; the value is always 1.', [
      [{ git_version: kubeletVersion, platform: `linux/${process.arch}` }, 1],
    ]),
    family('kubelet_node_name', 'gauge', "The node's name. The count is always 1.", [[{ node }, 1]]),
    family('kubelet_running_pods', 'gauge', 'Number of pods that have a running pod sandbox', [[{}, sandboxes.length]]),
    family('kubelet_running_containers', 'gauge', 'Number of containers by state', byState),
    family('process_cpu_seconds_total', 'counter', 'Total user and system CPU time spent in seconds.', [
      [{}, (user + system) / 1e6],
    ]),
    family('process_resident_memory_bytes', 'gauge', 'Resident memory size in bytes.', [
      [{}, process.memoryUsage.rss()],
    ]),
    family('process_start_time_seconds', 'gauge', 'Start time of the process since unix epoch in seconds.', [
      [{}, performance.timeOrigin / 1000],
    ]),
  ].join('');
}
