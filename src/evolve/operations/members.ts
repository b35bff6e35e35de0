// migration > plan > operations > [members: rename, move, add, remove]
//
// Where a member goes has to be free, also if the member that would go there is missing: the newer version gives the name a
// meaning, and an older member of that name has another. So an operation that succeeds can be undone.

import { Refusal } from '../failure.js';
import { type OpenObject, objectsAt } from '../text/tree.js';
import { type ActionOf, type Kind, type MemberPlace, memberAt, siblingPath } from './kind.js';

export const rename: Kind<ActionOf<'rename'>> = {
  apply: ({ path, to }) => {
    const { parent, name } = memberAt(path);
    const target = memberAt(siblingPath(path, to));
    const spelled = JSON.stringify(to);
    return (record) => {
      for (const object of objectsAt(record, parent)) {
        refuseTaken(object, target);
        for (const member of object.named(name)) Object.assign(member, { name: to, spelled });
      }
    };
  },
  inverse: ({ path, to }) => ({ op: 'rename', path: siblingPath(path, to), to: memberAt(path).name }),
  canFail: () => true,
  isLossless: () => true,
  places: ({ path, to }) => [memberAt(path).place, memberAt(siblingPath(path, to)).place],
  moves: ({ path, to }) => [[memberAt(path).place, memberAt(siblingPath(path, to)).place]],
};

export const move: Kind<ActionOf<'move'>> = {
  apply: ({ path, to }) => {
    const source = memberAt(path);
    const target = memberAt(to);
    return (record) => {
      const sources = objectsAt(record, source.parent).flatMap((object) =>
        object.named(source.name).map((member) => ({ object, member })),
      );
      const targets = objectsAt(record, target.parent);
      for (const object of targets) refuseTaken(object, target);
      if (sources.length === 0) return;
      if (sources.length > 1) throw new Refusal('REPEATED', source.place, 'is there more than once');
      if (targets.length === 0) throw new Refusal('NO_PARENT', target.place, 'would be in an object that is not there');
      if (targets.length > 1) throw new Refusal('REPEATED', target.parent, 'is there more than once');
      const { object, member } = sources[0]!;
      object.remove(member);
      targets[0]!.append(target.name, member.value);
    };
  },
  inverse: ({ path, to }) => ({ op: 'move', path: to, to: path }),
  canFail: () => true,
  // The order of members is another one.
  isLossless: () => false,
  places: ({ path, to }) => [memberAt(path).place, memberAt(to).place],
  moves: ({ path, to }) => [[memberAt(path).place, memberAt(to).place]],
};

export const add: Kind<ActionOf<'add'>> = {
  apply: ({ path, value }) => {
    const target = memberAt(path);
    const text = JSON.stringify(value);
    return (record) => {
      for (const object of objectsAt(record, target.parent)) {
        refuseTaken(object, target);
        object.append(target.name, text);
      }
    };
  },
  inverse: ({ path }) => ({ op: 'remove', path }),
  canFail: () => true,
  isLossless: () => true,
  places: ({ path }) => [memberAt(path).place],
  moves: () => [],
};

export const remove: Kind<ActionOf<'remove'>> = {
  apply: ({ path }) => {
    const { parent, name } = memberAt(path);
    return (record) => {
      for (const object of objectsAt(record, parent)) for (const member of object.named(name)) object.remove(member);
    };
  },
  inverse: ({ path }) => ({ op: 'absent', path }),
  canFail: () => false,
  isLossless: () => false,
  places: ({ path }) => [memberAt(path).place],
  moves: () => [],
};

export const absent: Kind<ActionOf<'absent'>> = {
  apply: ({ path }) => {
    const target = memberAt(path);
    return (record) => {
      for (const object of objectsAt(record, target.parent)) refuseTaken(object, target);
    };
  },
  inverse: ({ path }) => ({ op: 'remove', path }),
  canFail: () => true,
  isLossless: () => true,
  places: ({ path }) => [memberAt(path).place],
  moves: () => [],
};

/** @throws Refusal TARGET_EXISTS */
export function refuseTaken(object: OpenObject, { name, place }: MemberPlace): void {
  if (object.has(name)) throw new Refusal('TARGET_EXISTS', place, 'is there already, with another meaning');
}
