import { type KubeObject, type LabelSelectorSpec, labelSelector } from '../object/index.ts';
import type { ColumnDefinition } from './contract.ts';

/** Columns and cells that many kinds print (pkg/printers/internalversion). */

export const nameColumn: ColumnDefinition = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically.',
};

export const ageColumn: ColumnDefinition = {
  name: 'Age',
  type: 'string',
  description: 'Time that has passed since the server created the object.',
};

export function text(name: string, description: string, priority = 0): ColumnDefinition {
  return { name, type: 'string', description, ...(priority === 0 ? {} : { priority }) };
}

export function integer(name: string, description: string): ColumnDefinition {
  return { name, type: 'integer', description };
}

export function boolean(name: string, description: string): ColumnDefinition {
  return { name, type: 'boolean', description };
}

export function age(object: KubeObject, now: Date): string {
  return since(object.metadata.creationTimestamp, now);
}

/** How long ago a time was; '<unknown>' for none. */
export function since(time: string | null | undefined, now: Date): string {
  if (!time) return '<unknown>';
  return humanDuration(now.getTime() - Date.parse(time));
}

/** Two units at most, the fewer the longer (apimachinery/pkg/util/duration HumanDuration). */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return join(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return join(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return join(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 365 * 8 ? join(years, 'y', days % 365, 'd') : `${years}y`;
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

interface ContainerLike {
  name: string;
  image?: string;
}

/** Names and images of containers, each joined by commas. */
export function containerCells(containers: readonly ContainerLike[]): [names: string, images: string] {
  return [containers.map(({ name }) => name).join(','), containers.map(({ image }) => image ?? '').join(',')];
}

/** Labels as `a=b,c=d`, by key; '<none>' for none. */
export function labelsCell(labels: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(labels ?? {});
  if (entries.length === 0) return '<none>';
  return entries
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}

/** A selector in the form that queries have; '<none>' for one without requirements. */
export function selectorCell(selector: LabelSelectorSpec | undefined): string {
  return labelSelector(selector).toString() || '<none>';
}

export const containersColumn = text('Containers', 'Names of each container in the template.', 1);
export const imagesColumn = text('Images', 'Images referenced by each container in the template.', 1);
/** The first three of a list, and how many more there are; `none` for an empty one. */
export function firstThree(items: readonly string[], none = '<none>'): string {
  if (items.length === 0) return none;
  const shown = items.slice(0, 3).join(',');
  return items.length > 3 ? `${shown} + ${items.length - 3} more...` : shown;
}
