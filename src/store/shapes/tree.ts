// store at rest: [shapes]
//
// The tree of the shapes of a collection: which migrations lead from one shape to another. Each shape is made of one with a
// lower number, so every walk ends.

import { GristmillError } from '../../base/errors.js';
import type { Functions, Operation, StoredMigration } from '../../evolve/types.js';
import type { History, Shape } from '../shape-types.js';

/** Migrations between two shapes: first these are taken back, the newest first in time last in the list; then those are made. */
export interface Route {
  readonly down: readonly StoredMigration[];
  readonly up: readonly StoredMigration[];
  /** How many of those that are made can be taken back: the last ones. */
  readonly open: number;
  /** What these migrations may call, if any of them calls. No other thread can have it: who has such a route works in its own. */
  readonly functions?: Functions;
}

/** Whether one of the operations is a call of a function. */
export function hasCall(ops: readonly Operation[]): boolean {
  return ops.some((one) => one.op === 'call' || (one.op === 'each' && hasCall(one.ops)));
}

/** A shape other than 0. @throws GristmillError CHECKSUM_MISMATCH for a number that the history does not have */
export function shapeAt({ shapes }: History, number: number): Shape {
  const shape = shapes[number - 1];
  if (shape === undefined) {
    const message = `a collection has records of shape ${number}, and its history has only ${shapes.length}: the store is damaged; verify it`;
    throw new GristmillError('CHECKSUM_MISMATCH', message);
  }
  return shape;
}

/** The migration that leads to a shape, as it was applied. */
export function planAt(history: History, number: number): StoredMigration {
  const { migration, onFailure } = shapeAt(history, number);
  return onFailure === undefined ? migration : { ...migration, onFailure };
}

/** The shapes from the given one down to shape 0. */
export function lineOf(history: History, number: number): number[] {
  const line = [number];
  for (let at = number; at !== 0; ) {
    at = shapeAt(history, at).from;
    line.push(at);
  }
  return line;
}

/** The version of a shape: how many migrations lead to it. */
export function versionOf(history: History, number: number): number {
  return lineOf(history, number).length - 1;
}

/** Whether migrations lead from one shape to another, or they are the same. */
export function leadsTo(history: History, from: number, to: number): boolean {
  return lineOf(history, to).includes(from);
}

/** The migrations between two shapes, in the order of their versions. */
export function routeBetween(history: History, from: number, to: number): Route {
  const [before, after] = [lineOf(history, from), lineOf(history, to)];
  const common = before.find((number) => after.includes(number)) as number;
  const since = (line: readonly number[]): StoredMigration[] =>
    line
      .slice(0, line.indexOf(common))
      .reverse()
      .map((number) => planAt(history, number));
  const up = since(after);
  const final = after.indexOf(history.final);
  const down = since(before);
  const { functions } = history;
  const open = final === -1 ? up.length : Math.min(final, up.length);
  const isCalling = functions !== undefined && [...down, ...up].some(({ ops }) => hasCall(ops));
  return { down, up, open, ...(isCalling && { functions }) };
}
