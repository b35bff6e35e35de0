// migration > plan > operations > [groups: nest, flatten]
//
// Members of an object that become an object of their own, and back. Both name the members. So nobody's members go along
// unseen, and none gets in the way of another.

import { shownText } from '../../base/snippet.js';
import { Refusal } from '../failure.js';
import { type Member, OpenObject, objectIn, objectsAt } from '../text/tree.js';
import { type ActionOf, type Kind, memberAt, siblings } from './kind.js';
import { refuseTaken } from './members.js';

/** In the new object they have the order that they had. Without any of them, no object is made. */
export const nest: Kind<ActionOf<'nest'>> = {
  apply: ({ path, members }) => {
    const target = memberAt(path);
    return (record) => {
      for (const object of objectsAt(record, target.parent)) {
        refuseTaken(object, target);
        const nested = object.members.filter(({ name }) => members.includes(name));
        refuseRepeated(nested, target.parent);
        for (const member of nested) object.remove(member);
        if (nested.length > 0) object.append(target.name, new OpenObject(nested));
      }
    };
  },
  inverse: ({ path, members }) => ({ op: 'flatten', path, members }),
  canFail: () => true,
  // The order of members is another one.
  isLossless: () => false,
  places: ({ path, members }) => [...siblings(path, members), memberAt(path).place],
  moves: ({ path, members }) => movesInto(path, members),
};

export const flatten: Kind<ActionOf<'flatten'>> = {
  apply: ({ path, members }) => {
    const source = memberAt(path);
    const targets = siblings(path, members).map((place) => ({ parent: source.parent, name: place.at(-1)!, place }));
    return (record) => {
      for (const object of objectsAt(record, source.parent)) {
        for (const target of targets) refuseTaken(object, target);
        const [member, second] = object.named(source.name);
        if (member === undefined) continue;
        if (second !== undefined) throw new Refusal('REPEATED', source.place, 'is there more than once');
        const inner = objectIn(member)?.members;
        if (inner === undefined) throw new Refusal('WRONG_KIND', source.place, 'is no object');
        refuseRepeated(inner, source.place);
        const other = inner.find(({ name }) => !members.includes(name));
        if (other !== undefined) {
          const name = shownText(() => other.name);
          throw new Refusal('OTHER_MEMBERS', [...source.place, name], 'is a member that is not to be moved');
        }
        object.remove(member);
        object.members.push(...inner);
      }
    };
  },
  inverse: ({ path, members }) => ({ op: 'nest', path, members }),
  canFail: () => true,
  isLossless: () => false,
  places: ({ path, members }) => [memberAt(path).place, ...siblings(path, members)],
  moves: ({ path, members }) => movesInto(path, members).map(([outer, inner]) => [inner, outer] as const),
};

function movesInto(path: string, members: readonly string[]) {
  const { place } = memberAt(path);
  return siblings(path, members).map((outer) => [outer, [...place, outer.at(-1)!]] as const);
}

function refuseRepeated(members: readonly Member[], parent: readonly string[]): void {
  const names = members.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined) throw new Refusal('REPEATED', [...parent, repeated], 'is there more than once');
}
