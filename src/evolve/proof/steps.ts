// profile > shape > [steps] > doubts > proof
//
// Each operation on what is known of all records at once: which records it may refuse, and what is known after it.

import type { Place } from '../failure.js';
import {
  type Action,
  type ActionOf,
  type Context,
  type MemberPlace,
  memberAt,
  siblingPath,
} from '../operations/kind.js';
import { kindOf } from '../operations/kinds.js';
import { type Doubt, Doubts } from './doubts.js';
import { flattened, merged, nested, splitUp } from './groups.js';
import { found, isEverywhere, presence, type Shape, shapeOfText, unknown } from './shape.js';
import { scalarsChanged, unwrapped, wrapped } from './values.js';

/** What is known after an action, and which records it may refuse. These count as absent from then on. */
export function stepped(
  action: Action,
  root: Shape,
  context: Context,
): { readonly root: Shape; readonly doubts: readonly Doubt[] } {
  const doubts = new Doubts();
  if (action.op === 'call' || action.op === 'uncall') {
    doubts.possible(undefined, [], root.count);
    return { root: unknown(root.count), doubts: doubts.all };
  }
  const at = memberAt(action.path);
  const parent = found(root, at.parent);
  if (!parent.isKnown) {
    if (kindOf(action).canFail(action)) doubts.possible(undefined, at.place, parent.count);
  } else if (action.op === 'move') moved(root, at, memberAt(action.to), doubts);
  else if (parent.shape !== undefined) inParent(action, parent.shape, at, doubts, context);
  return { root, doubts: doubts.all };
}

type MemberAction = Exclude<Action, ActionOf<'call' | 'uncall' | 'move'>>;

function inParent(action: MemberAction, parent: Shape, at: MemberPlace, doubts: Doubts, context: Context): void {
  const { members } = parent;
  if (members === undefined || parent.kinds === undefined) {
    if (kindOf(action).canFail(action)) doubts.possible(undefined, at.place, parent.kinds?.object ?? parent.count);
    return;
  }
  const { name, place } = at;
  const shape = members.get(name);
  const change = (changed: Shape) => members.set(name, changed);
  switch (action.op) {
    case 'rename':
      forbidden(members, memberAt(siblingPath(action.path, action.to)), doubts);
      members.delete(name);
      if (shape !== undefined) members.set(action.to, shape);
      break;
    case 'add':
      forbidden(members, at, doubts);
      if (parent.kinds.object > 0) change(shapeOfText(JSON.stringify(action.value), parent.kinds.object));
      break;
    case 'remove':
      members.delete(name);
      break;
    case 'absent':
      forbidden(members, at, doubts);
      break;
    case 'nest':
      forbidden(members, at, doubts);
      nested(action, parent, at, doubts);
      break;
    case 'merge':
      forbidden(members, at, doubts);
      merged(action, parent, at, doubts);
      break;
    case 'flatten':
      for (const target of action.members) forbidden(members, memberAt(siblingPath(action.path, target)), doubts);
      if (shape !== undefined) flattened(action, members, shape, place, doubts);
      break;
    case 'split':
      for (const target of action.into) forbidden(members, memberAt(siblingPath(action.path, target)), doubts);
      if (shape !== undefined) splitUp(action, members, shape, place, doubts);
      break;
    default:
      if (shape !== undefined) change(changedValue(action, shape, place, doubts, context));
  }
}

function changedValue(
  action: ActionOf<'map' | 'retype' | 'wrap' | 'unwrap' | 'each'>,
  shape: Shape,
  place: Place,
  doubts: Doubts,
  context: Context,
): Shape {
  switch (action.op) {
    case 'wrap':
      return wrapped(shape);
    case 'unwrap':
      return unwrapped(shape, place, doubts);
    case 'each':
      return eachChanged(action, shape, place, doubts, context);
    default:
      return scalarsChanged(action, shape, place, doubts, context);
  }
}

function eachChanged(action: ActionOf<'each'>, shape: Shape, place: Place, doubts: Doubts, context: Context): Shape {
  let elements = shape.elements ?? unknown(shape.kinds?.array ?? shape.count);
  for (const inner of action.ops) {
    const step = stepped(inner, elements, context);
    elements = step.root;
    doubts.all.push(...step.doubts.map((doubt) => ({ ...doubt, place: [...place, '*', ...doubt.place] })));
  }
  return { ...shape, elements };
}

function moved(root: Shape, source: MemberPlace, target: MemberPlace, doubts: Doubts): void {
  const [from, into] = [found(root, source.parent), found(root, target.parent)];
  const values = from.isKnown ? from.shape?.members?.get(source.name) : undefined;
  const isSourceKnown = from.isKnown && (from.shape === undefined || from.shape.members !== undefined);
  const targets = into.isKnown ? into.shape : unknown(into.count);
  if (!isSourceKnown || (targets !== undefined && targets.members === undefined)) {
    doubts.possible(undefined, source.place, values?.count ?? root.count);
    return;
  }
  if (targets?.members !== undefined) forbidden(targets.members, target, doubts);
  if (values === undefined) return;
  doubts.certain('REPEATED', source.place, values.repeats);
  // Whether a record with the value has one object for it is certain only if all records have, or none.
  if ((targets?.kinds?.object ?? 0) === 0) doubts.certain('NO_PARENT', target.place, presence(values));
  else if (!isEverywhere(root, target.parent)) doubts.possible('NO_PARENT', target.place, presence(values));
  if (!isEverywhere(root, source.parent) && hasRepeats(root, source.parent)) {
    doubts.possible('REPEATED', source.place, values.count);
  }
  if (from.isKnown) from.shape?.members?.delete(source.name);
  targets?.members?.set(target.name, values);
}

/** Whether an object on the way is repeated. */
function hasRepeats(root: Shape, place: Place): boolean {
  return place.some((_, i) => {
    const at = found(root, place.slice(0, i + 1));
    return !at.isKnown || (at.shape?.repeats ?? 0) > 0;
  });
}

function forbidden(members: Map<string, Shape>, { name, place }: MemberPlace, doubts: Doubts): void {
  const taken = members.get(name);
  if (taken === undefined) return;
  if (taken.kinds === undefined) doubts.possible('TARGET_EXISTS', place, taken.count);
  else doubts.certain('TARGET_EXISTS', place, presence(taken));
  members.delete(name);
}
