// What operations mean, on values as JSON.parse gives them, written for the tests. It knows no text: neither repeated members nor how
// tokens are spelled.

import type { Operation, OperationOf } from '../../src/evolve/types.js';
import { isObject } from './migrations.js';

type Json = { [name: string]: unknown };

/** The record after an operation, which is made of new objects. @throws Error if the operation refuses it */
export function modelOf(operation: Operation, record: unknown): unknown {
  const copy: unknown = structuredClone(record);
  if (isObject(copy) && operation.op !== 'call') {
    if (operation.op === 'move') move(copy, operation);
    else {
      const place = namesIn(operation.path);
      const parent = objectAt(copy, place.slice(0, -1));
      if (parent !== undefined) inParent(parent, place.at(-1)!, operation);
    }
  }
  return copy;
}

function namesIn(pointer: string): string[] {
  return pointer
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function objectAt(record: Json, place: readonly string[]): Json | undefined {
  const at = place.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), record);
  return isObject(at) ? at : undefined;
}

function move(record: Json, { path, to }: OperationOf<'move'>): void {
  const [from, into] = [namesIn(path), namesIn(to)];
  const [source, target] = [objectAt(record, from.slice(0, -1)), objectAt(record, into.slice(0, -1))];
  if (target) refuse(into.at(-1)! in target);
  if (!source || !(from.at(-1)! in source)) return;
  refuse(!target);
  const value = source[from.at(-1)!];
  delete source[from.at(-1)!];
  target![into.at(-1)!] = value;
}

function inParent(parent: Json, name: string, operation: Exclude<Operation, OperationOf<'move' | 'call'>>): void {
  const has = name in parent;
  const value = parent[name];
  switch (operation.op) {
    case 'rename': {
      refuse(operation.to in parent);
      const entries = Object.entries(parent);
      for (const [key] of entries) delete parent[key];
      for (const [key, one] of entries) parent[key === name ? operation.to : key] = one;
      return;
    }
    case 'add':
      refuse(has);
      parent[name] = operation.value;
      return;
    case 'remove':
      delete parent[name];
      return;
    case 'nest':
    case 'merge': {
      refuse(has);
      const found = Object.keys(parent).filter((key) => operation.members.includes(key));
      if (found.length === 0) return;
      const taken = Object.fromEntries(found.map((key) => [key, parent[key]]));
      for (const key of found) delete parent[key];
      parent[name] =
        operation.op === 'nest'
          ? taken
          : merged(
              operation.members.map((key) => taken[key]),
              operation.separator,
            );
      return;
    }
    case 'flatten':
      for (const key of operation.members) refuse(key in parent);
      if (!has) return;
      refuse(!isObject(value));
      refuse(Object.keys(value as Json).some((key) => !operation.members.includes(key)));
      delete parent[name];
      Object.assign(parent, value as Json);
      return;
    case 'split': {
      for (const key of operation.into) refuse(key in parent);
      if (!has) return;
      refuse(typeof value !== 'string' || value.split(operation.separator).length !== operation.into.length);
      delete parent[name];
      (value as string).split(operation.separator).forEach((part, i) => {
        parent[operation.into[i]!] = part;
      });
      return;
    }
    default:
      if (has) parent[name] = changed(value, operation);
  }
}

function merged(parts: readonly unknown[], separator: string): string {
  refuse(parts.some((part) => typeof part !== 'string'));
  const text = parts.join(separator);
  refuse(text.split(separator).join('\0') !== parts.join('\0'));
  return text;
}

function changed(value: unknown, operation: OperationOf<'map' | 'retype' | 'wrap' | 'unwrap' | 'each'>): unknown {
  switch (operation.op) {
    case 'wrap':
      return [value];
    case 'unwrap':
      refuse(!Array.isArray(value) || value.length !== 1);
      return (value as unknown[])[0];
    case 'each':
      return Array.isArray(value) ? value.map((one) => operation.ops.reduce((at, op) => modelOf(op, at), one)) : value;
    case 'map': {
      const pair = operation.values.find(([from]) => from === value);
      refuse(pair === undefined && operation.otherwise === undefined);
      return pair === undefined ? operation.otherwise : pair[1];
    }
    case 'retype':
      return value === null ? null : retyped(value, operation);
  }
}

function retyped(value: unknown, { from, to }: OperationOf<'retype'>): unknown {
  refuse(typeof value !== (from === 'integer' ? 'number' : from));
  refuse(from === 'integer' && !Number.isInteger(value));
  if (to === 'string') return String(value);
  if (to === 'boolean') {
    refuse(value !== 'true' && value !== 'false');
    return value === 'true';
  }
  const number = typeof value === 'string' && isNumber(value) ? Number(value) : value;
  refuse(typeof number !== 'number' || (to === 'integer' && !Number.isInteger(number)));
  return number;
}

function isNumber(text: string): boolean {
  try {
    return text.trim() === text && typeof JSON.parse(text) === 'number';
  } catch {
    return false;
  }
}

function refuse(isWrong: boolean): void {
  if (isWrong) throw new Error('refused');
}
