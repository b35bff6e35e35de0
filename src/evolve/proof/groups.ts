// shape > [steps: nest, flatten, split, merge] > doubts

import type { Place } from '../failure.js';
import type { ActionOf, MemberPlace } from '../operations/kind.js';
import { siblings } from '../operations/kind.js';
import type { Doubts } from './doubts.js';
import { presence, type Shape, shapeOfKind, unknown } from './shape.js';

export function nested(
  { path, members }: ActionOf<'nest'>,
  parent: Shape,
  { name }: MemberPlace,
  doubts: Doubts,
): void {
  const inner = taken(members, parent, siblings(path, members), doubts);
  if (inner.size === 0) return;
  const objects = parent.kinds!.object;
  // There is an object for each parent if one of the members is in each; otherwise nobody knows how many there are.
  const isExact = [...inner.values()].some((shape) => shape.kinds !== undefined && presence(shape) === objects);
  parent.members!.set(name, isExact ? shapeOfKind('object', objects, { members: inner }) : unknown(objects));
}

/** Takes members out of their object. Repeated ones are refused. */
function taken(names: readonly string[], parent: Shape, places: readonly Place[], doubts: Doubts): Map<string, Shape> {
  const inner = new Map<string, Shape>();
  for (const [i, name] of names.entries()) {
    const shape = parent.members!.get(name);
    if (shape === undefined) continue;
    doubts.certain('REPEATED', places[i]!, shape.repeats);
    parent.members!.delete(name);
    inner.set(name, shape);
  }
  return inner;
}

export function flattened(
  { path, members }: ActionOf<'flatten'>,
  around: Map<string, Shape>,
  shape: Shape,
  place: Place,
  doubts: Doubts,
): void {
  around.delete(memberName(place));
  if (shape.kinds === undefined || shape.members === undefined) {
    doubts.possible(undefined, place, shape.count);
    for (const name of members) around.set(name, unknown(shape.count));
    return;
  }
  doubts.certain('REPEATED', place, shape.repeats);
  doubts.certain('WRONG_KIND', place, shape.count - shape.kinds.object);
  for (const [name, member] of shape.members) {
    if (!members.includes(name)) doubts.certain('OTHER_MEMBERS', [...place, name], presence(member));
    else doubts.certain('REPEATED', [...place, name], member.repeats);
  }
  for (const [name, target] of members.map((one) => [one, siblings(path, [one])[0]!] as const)) {
    const member = shape.members.get(name);
    if (member !== undefined) around.set(memberName(target), member);
  }
}

export function splitUp(
  { into, separator }: ActionOf<'split'>,
  around: Map<string, Shape>,
  shape: Shape,
  place: Place,
  doubts: Doubts,
): void {
  around.delete(memberName(place));
  doubts.certain('REPEATED', place, shape.repeats);
  const strings = shape.kinds?.string ?? shape.count;
  if (shape.kinds !== undefined) doubts.certain('WRONG_KIND', place, shape.count - strings);
  const tokens = stringsOf(shape);
  if (tokens === undefined) doubts.possible('WRONG_PARTS', place, strings);
  for (const [text, count] of tokens ?? []) {
    if (text.split(separator).length !== into.length) doubts.certain('WRONG_PARTS', place, count);
  }
  for (const name of into) around.set(name, unknown(strings));
}

export function merged(
  { path, members, separator }: ActionOf<'merge'>,
  parent: Shape,
  { name, place }: MemberPlace,
  doubts: Doubts,
): void {
  const places = siblings(path, members);
  const parts = taken(members, parent, places, doubts);
  if (parts.size === 0) return;
  const counts = members.map((one) => parts.get(one)).map((shape) => (shape === undefined ? 0 : presence(shape)));
  const objects = parent.kinds!.object;
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  // Which objects have which members is known only if one of the members is in all of them.
  if (most === objects && members.length === 2) doubts.certain('INCOMPLETE', place, objects - fewest);
  else if (fewest < objects)
    doubts.possible(
      'INCOMPLETE',
      place,
      Math.min(
        objects,
        counts.reduce((a, b) => a + b),
      ),
    );
  for (const [i, one] of members.entries()) {
    const shape = parts.get(one);
    if (shape === undefined) continue;
    if (shape.kinds !== undefined) doubts.certain('WRONG_KIND', places[i]!, shape.count - shape.kinds.string);
    const tokens = stringsOf(shape);
    // Two parts can make a separator of several characters together.
    if (tokens === undefined || separator.length > 1) doubts.possible('WRONG_PARTS', places[i]!, shape.count);
    else
      for (const [text, count] of tokens)
        if (text.includes(separator)) doubts.certain('WRONG_PARTS', places[i]!, count);
  }
  parent.members!.set(name, unknown(most));
}

/** The strings, if each is known. */
function stringsOf({ kinds, tokens }: Shape): (readonly [string, number])[] | undefined {
  if (kinds === undefined || tokens === undefined) return undefined;
  return [...tokens].filter(([token]) => token.startsWith('"')).map(([token, count]) => [JSON.parse(token), count]);
}

function memberName(place: Place): string {
  return place.at(-1)!;
}
