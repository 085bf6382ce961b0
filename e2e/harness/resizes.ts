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
