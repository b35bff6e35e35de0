// migration > plan > operations > [parts: split, merge]
//
// One string and its parts. Both refuse parts that could not be told apart again.

import { Refusal } from '../failure.js';
import { objectsAt, textOf } from '../text/tree.js';
import { type ActionOf, type Kind, type MemberPlace, memberAt, siblingPath, siblings } from './kind.js';
import { refuseTaken } from './members.js';

export const split: Kind<ActionOf<'split'>> = {
  apply: ({ path, into, separator }) => {
    const source = memberAt(path);
    const targets = into.map((name) => memberAt(siblingPath(path, name)));
    return (record) => {
      for (const object of objectsAt(record, source.parent)) {
        for (const target of targets) refuseTaken(object, target);
        const [member, second] = object.named(source.name);
        if (member === undefined) continue;
        if (second !== undefined) throw new Refusal('REPEATED', source.place, 'is there more than once');
        const parts = stringIn(textOf(member.value), source).split(separator);
        if (parts.length !== into.length) {
          throw new Refusal('WRONG_PARTS', source.place, `has ${parts.length} parts, and not ${into.length}`);
        }
        object.remove(member);
        for (const [i, part] of parts.entries()) object.append(into[i]!, JSON.stringify(part));
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
  apply: ({ path, members, separator }) => {
    const target = memberAt(path);
    const sources = members.map((name) => memberAt(siblingPath(path, name)));
    return (record) => {
      for (const object of objectsAt(record, target.parent)) {
        refuseTaken(object, target);
        const found = sources.map(({ name }) => object.named(name));
        if (found.every((named) => named.length === 0)) continue;
        const parts = found.map(([member, second], i) => {
          if (member === undefined) throw new Refusal('INCOMPLETE', sources[i]!.place, 'is not there');
          if (second !== undefined) throw new Refusal('REPEATED', sources[i]!.place, 'is there more than once');
          return stringIn(textOf(member.value), sources[i]!);
        });
        const merged = parts.join(separator);
        // Parts may also make a separator together: "a-" and "b", with "--" between them.
        const again = merged.split(separator);
        const wrong = parts.findIndex((part, i) => part !== again[i]);
        if (wrong !== -1 || again.length !== parts.length) {
          throw new Refusal('WRONG_PARTS', sources[Math.max(0, wrong)]!.place, `has ${shown(separator)} in it`);
        }
        for (const [member] of found) object.remove(member!);
        object.append(target.name, JSON.stringify(merged));
      }
    };
  },
  inverse: ({ path, members, separator }) => ({ op: 'split', path, into: members, separator }),
  canFail: () => true,
  isLossless: () => false,
  places: ({ path, members }) => [...siblings(path, members), memberAt(path).place],
  moves: () => [],
};

function stringIn(text: string, { place }: MemberPlace): string {
  if (!text.startsWith('"')) throw new Refusal('WRONG_KIND', place, 'is no string');
  return JSON.parse(text) as string;
}

function shown(separator: string): string {
  return `the separator ${JSON.stringify(separator)}`;
}
