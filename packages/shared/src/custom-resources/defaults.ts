import { cloneJson, getKey, isObject, type JsonObject, setKey } from '../schema/data.ts';
import type { Structural } from './structural.ts';

/** Whether a value lacks a default, or has a null that is none of its values. */
export function needsDefaults(value: unknown, schema: Structural): boolean {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items !== undefined && value.some((item) => lacks(item, items, false) || needsDefaults(item, items));
  }
  if (!isObject(value)) return false;
  for (const [key, child] of schema.properties) {
    const present = getKey(value, key);
    if (lacks(present, child, true) || needsDefaults(present, child)) return true;
  }
  const { additional, properties } = schema;
  if (typeof additional !== 'object') return false;
  return Object.keys(value).some(
    (key) => !properties.has(key) && (lacks(value[key], additional, true) || needsDefaults(value[key], additional)),
  );
}

function lacks(value: unknown, schema: Structural, dropsNull: boolean): boolean {
  if (value === undefined) return schema.default !== undefined;
  return value === null && !schema.nullable && (dropsNull || schema.default !== undefined);
}

/** Puts in the defaults of fields that are absent, in place, and takes out nulls of fields that are not nullable. */
export function setDefaults(value: unknown, schema: Structural): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    for (let i = 0; i < value.length; i++) {
      if (value[i] === null && !items.nullable && items.default !== undefined) value[i] = cloneJson(items.default);
      setDefaults(value[i], items);
    }
  } else if (isObject(value)) defaultObject(value, schema);
}

function defaultObject(value: JsonObject, schema: Structural): void {
  for (const [key, child] of schema.properties) {
    const present = getKey(value, key);
    const isNull = present === null && !child.nullable;
    if ((present === undefined && child.default !== undefined) || isNull) put(value, key, cloneJson(child.default));
    setDefaults(getKey(value, key), child);
  }
  if (typeof schema.additional !== 'object') return;
  for (const key of Object.keys(value)) {
    if (schema.properties.has(key)) continue;
    if (value[key] === null && !schema.additional.nullable) put(value, key, cloneJson(schema.additional.default));
    setDefaults(getKey(value, key), schema.additional);
  }
}

function put(target: JsonObject, key: string, value: unknown): void {
  if (value !== undefined) setKey(target, key, value);
  else if (Object.hasOwn(target, key) && target[key] === null) delete target[key];
}
