export const resources = (cpu: string, memory: string) => {
  const both = { cpu, memory };
  return { requests: both, limits: both };
};

/** Of each container of a pod. */
export type Sizes = { requests?: object; limits?: object }[];
export interface Resize {
  title: string;
  before: Sizes;
  change: Sizes;
  after?: Sizes;
}
export const named = (sizes: Sizes) => sizes.map((each, i) => ({ name: `c${i}`, resources: each }));

/** Requests that are not said are the limits. */
export const shown = ({ requests, limits }: Sizes[number]) => {
  const all = { ...limits, ...requests };
  return { ...(Object.keys(all).length > 0 && { requests: all }), ...(limits && { limits }) };
};

/** What the suite changes of running pods, and what it has then where that is not what was said. */
export const resizes: Resize[] = [
  {
    title: 'burstable: extended 6 containers, various operations',
    before: [
      { requests: { cpu: '10m' } },
      { requests: { cpu: '10m', memory: '16Mi' } },
      { requests: { cpu: '10m' }, limits: { cpu: '20m' } },
      { limits: { memory: '32Mi' } },
      {},
      resources('20m', '32Mi'),
    ],
    change: [
      { requests: { cpu: '20m', memory: '16Mi' } },
      { limits: { cpu: '30m', memory: '32Mi' } },
      { requests: { cpu: '15m' }, limits: { cpu: '30m' } },
      { limits: { memory: '48Mi' } },
      { requests: { cpu: '5m' } },
      resources('30m', '48Mi'),
    ],
    after: [
      { requests: { cpu: '20m', memory: '16Mi' } },
      { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '30m', memory: '32Mi' } },
      { requests: { cpu: '15m' }, limits: { cpu: '30m' } },
      { requests: { memory: '32Mi' }, limits: { memory: '48Mi' } },
      { requests: { cpu: '5m' } },
      resources('30m', '48Mi'),
    ],
  },
  {
    title: 'burstable: resize with equivalents',
    before: [{ requests: { cpu: '2m' }, limits: { cpu: '10m' } }],
    change: [{ requests: { cpu: '1m' }, limits: { cpu: '5m' } }],
  },
  {
    title: 'guaranteed 3 containers: net increase',
    before: [resources('10m', '32Mi'), resources('10m', '32Mi'), resources('10m', '32Mi')],
    change: [resources('30m', '64Mi'), resources('5m', '32Mi'), resources('20m', '48Mi')],
  },
  {
    title: 'guaranteed 3 containers: net decrease',
    before: [resources('30m', '64Mi'), resources('10m', '32Mi'), resources('20m', '48Mi')],
    change: [resources('10m', '32Mi'), resources('15m', '32Mi'), resources('10m', '48Mi')],
  },
  {
    title: 'guaranteed 3 containers: various operations',
    before: [resources('10m', '32Mi'), resources('20m', '48Mi'), resources('10m', '32Mi')],
    change: [resources('20m', '32Mi'), resources('20m', '64Mi'), resources('5m', '48Mi')],
  },
];
