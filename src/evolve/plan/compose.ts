// migrations > plan > [compose] > walk
//
// Makes one change of many actions, as far as that can be told without a record. An action that cannot be composed with those
// before it begins a stage of its own.

import type { Place } from '../failure.js';
import { type Action, memberAt, siblingPath } from '../operations/kind.js';
import { valueKindOf } from '../operations/kinds.js';
import { Level, levelAt, Origin } from './level.js';

/** Consecutive actions. Without a level, only the interpreter can do them. */
export interface Stage {
  readonly actions: Action[];
  readonly level: Level | undefined;
}

export function composed(actions: readonly Action[]): Stage[] {
  const stages: Stage[] = [];
  for (const action of actions) {
    const last = stages.at(-1);
    if (last?.level !== undefined && compose(action, last.level)) {
      last.actions.push(action);
      continue;
    }
    const level = new Level();
    if (compose(action, level)) stages.push({ actions: [action], level });
    else if (last !== undefined && last.level === undefined) last.actions.push(action);
    else stages.push({ actions: [action], level: undefined });
  }
  return stages;
}

/** Whether the action is composed with those before it. If not, the level means what it meant before. */
function compose(action: Action, root: Level): boolean {
  switch (action.op) {
    case 'rename':
      return rename(root, memberAt(action.path).place, memberAt(siblingPath(action.path, action.to)).place);
    case 'move':
      return move(root, memberAt(action.path).place, memberAt(action.to).place);
    case 'add':
      return add(root, memberAt(action.path).place, JSON.stringify(action.value));
    case 'remove':
      return remove(root, memberAt(action.path).place);
    case 'absent':
      return forbid(root, memberAt(action.path).place);
    default:
      return valueKindOf(action) !== undefined && 'path' in action && change(root, memberAt(action.path).place, action);
  }
}

function rename(root: Level, from: Place, to: Place): boolean {
  const level = levelAt(root, from.slice(0, -1))?.level;
  if (level === undefined) return false;
  if (level === null) return true;
  if (!forbid(root, to)) return false;
  const origin = level.at(from.at(-1)!);
  if (origin === null) return true;
  level.take(from.at(-1)!);
  level.put(to.at(-1)!, origin);
  origin.isRenamed = true;
  return true;
}

function move(root: Level, from: Place, to: Place): boolean {
  const [source, target] = [levelAt(root, from.slice(0, -1)), levelAt(root, to.slice(0, -1))];
  // A value that would have nowhere to go is for the interpreter to refuse.
  if (!source?.level || !target?.level || target.isInMoved) return false;
  const origin = source.level.at(from.at(-1)!);
  if (origin !== null && (origin.constant !== undefined || origin.isMoved || origin.hasArrivals())) return false;
  if (!forbid(root, to)) return false;
  if (origin === null) return true;
  source.level.take(from.at(-1)!);
  target.level.put(to.at(-1)!, origin);
  target.level.appended.push(origin);
  origin.isMoved = true;
  return true;
}

function add(root: Level, to: Place, constant: string): boolean {
  const level = levelAt(root, to.slice(0, -1))?.level;
  if (level === undefined || !forbid(root, to)) return false;
  if (level === null) return true;
  const origin = new Origin(to.at(-1)!, constant);
  level.put(to.at(-1)!, origin);
  level.appended.push(origin);
  return true;
}

function remove(root: Level, from: Place): boolean {
  const level = levelAt(root, from.slice(0, -1))?.level;
  if (level === undefined) return false;
  const origin = level?.at(from.at(-1)!);
  if (!level || !origin) return true;
  if (origin.hasArrivals()) return false;
  level.take(from.at(-1)!);
  origin.name = undefined;
  if (origin.constant !== undefined) level.appended.splice(level.appended.indexOf(origin), 1);
  return true;
}

/** An action wants nothing to be there. */
function forbid(root: Level, place: Place): boolean {
  const level = levelAt(root, place.slice(0, -1))?.level;
  if (level === undefined) return false;
  const origin = level?.at(place.at(-1)!);
  if (!level || !origin) return true;
  if (origin.constant !== undefined) return false;
  origin.isForbidden = true;
  level.take(place.at(-1)!);
  return true;
}

function change(root: Level, at: Place, action: Action): boolean {
  const level = levelAt(root, at.slice(0, -1))?.level;
  if (level === undefined) return false;
  const origin = level?.at(at.at(-1)!);
  if (!origin) return true;
  if (origin.constant !== undefined || origin.hasArrivals()) return false;
  origin.changes.push(action);
  return true;
}
