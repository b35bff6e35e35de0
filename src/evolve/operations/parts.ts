// migration > plan > operations > [parts: split, merge]
//
// One string and its parts. Both refuse parts that could not be told apart again.

import { Refusal } from '../failure.js';
import { type Member, objectsAt, textOf } from '../text/tree.js';
import { type ActionOf, type Kind, type MemberPlace, madeOrNull, memberAt, siblingPath, siblings } from './kind.js';
import { refuseTaken } from './members.js';

export const split: Kind<ActionOf<'split'>> = {
  apply: (action) => {
    const { path, into } = action;
    const source = memberAt(path);
    const targets = into.map((name) => memberAt(siblingPath(path, name)));
    return (record) => {
      for (const object of objectsAt(record, source.parent)) {
        for (const target of targets) refuseTaken(object, target);
        const [member, second] = object.named(source.name);
        if (member === undefined) continue;
        if (second !== undefined) throw new Refusal('REPEATED', source.place, 'is there more than once');
        const nulls = into.map(() => 'null');
        const parts = madeOrNull(action, () => partsOf(textOf(member.value), action, source), nulls);
        object.remove(member);
        for (const [i, part] of parts.entries()) object.append(into[i]!, part);
      }
    };
  },
  inverse: ({ path, into, separator }) => ({ op: 'merge', path, members: into, separator }),
  canFail: () => true,
  // The order of members is another one.
  isLossless: () => false,
  places: ({ path, into }) => [memberAt(path).place, ...siblings(path, into)],
  moves: () => [],
};

export const merge: Kind<ActionOf<'merge'>> = {
  apply: (action) => {
    const { path, members } = action;
    const target = memberAt(path);
    const sources = members.map((name) => memberAt(siblingPath(path, name)));
    return (record) => {
      for (const object of objectsAt(record, target.parent)) {
        refuseTaken(object, target);
        const found = sources.map(({ name }) => object.named(name));
        if (found.every((named) => named.length === 0)) continue;
        const repeated = found.findIndex((named) => named.length > 1);
        if (repeated !== -1) throw new Refusal('REPEATED', sources[repeated]!.place, 'is there more than once');
        const parts = found.map(([member]) => member);
        const merged = madeOrNull(action, () => mergedOf(parts, action, sources), 'null');
        for (const member of parts) if (member) object.remove(member);
        object.append(target.name, merged);
      }
    };
  },
  inverse: ({ path, members, separator }) => ({ op: 'split', path, into: members, separator }),
  canFail: () => true,
  isLossless: () => false,
  places: ({ path, members }) => [...siblings(path, members), memberAt(path).place],
  moves: () => [],
};

/** The parts of a string, as tokens. */
function partsOf(text: string, { into, separator }: ActionOf<'split'>, source: MemberPlace): string[] {
  const parts = stringIn(text, source).split(separator);
  if (parts.length === into.length) return parts.map((part) => JSON.stringify(part));
  throw new Refusal('WRONG_PARTS', source.place, `has ${parts.length} parts, and not ${into.length}`);
}

/** The string that members make together, as a token. */
function mergedOf(
  members: readonly (Member | undefined)[],
  { separator }: ActionOf<'merge'>,
  sources: readonly MemberPlace[],
): string {
  const parts = members.map((member, i) => {
    if (member === undefined) throw new Refusal('INCOMPLETE', sources[i]!.place, 'is not there');
    return stringIn(textOf(member.value), sources[i]!);
  });
  const merged = parts.join(separator);
  // Parts may also make a separator together: "a-" and "b", with "--" between them.
  const again = merged.split(separator);
  const wrong = parts.findIndex((part, i) => part !== again[i]);
  if (wrong === -1 && again.length === parts.length) return JSON.stringify(merged);
  throw new Refusal('WRONG_PARTS', sources[Math.max(0, wrong)]!.place, `has ${shown(separator)} in it`);
}

function stringIn(text: string, { place }: MemberPlace): string {
  if (!text.startsWith('"')) throw new Refusal('WRONG_KIND', place, 'is no string');
  return JSON.parse(text) as string;
}

function shown(separator: string): string {
  return `the separator ${JSON.stringify(separator)}`;
}
