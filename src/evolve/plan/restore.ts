// migration > plan > [restore]
//
// An older text of a record that was changed in the newer version. Three texts of the older version are known: the stored one,
// and what `down` makes of the newer one before and after the change. The difference of these two is the change, and it
// is made to the stored text. So what the newer version cannot express stays, and a record without a change is as it was.

import { elementsOf, type Member, OpenObject, objectIn, type Slot, textOf } from '../text/tree.js';

/**
 * @param stored the text in the older version
 * @param before what `down` makes of it after `up`
 * @param after what `down` makes of the changed one
 */
export function restored(stored: string, before: string, after: string): string {
  if (before === after) return stored;
  const [was, is, own] = [before, after, stored].map((value): Slot => ({ value })) as [Slot, Slot, Slot];
  const [objectWas, objectIs, objectOwn] = [objectIn(was), objectIn(is), objectIn(own)];
  if (objectWas && objectIs && objectOwn) return textOf(new OpenObject(membersOf(objectOwn, objectWas, objectIs)));
  if ([stored, before, after].every((text) => text.startsWith('['))) return arrayOf(stored, before, after);
  return after;
}

function membersOf(own: OpenObject, was: OpenObject, is: OpenObject): Member[] {
  const [ownByName, wasByName, isByName] = [own, was, is].map(byOccurrence) as [Named, Named, Named];
  const changed = [...isByName].map(([key, member]): Member => {
    const [ownOne, wasOne] = [ownByName.get(key), wasByName.get(key)];
    if (ownOne === undefined || wasOne === undefined) return member;
    return { ...ownOne, value: restored(textOf(ownOne.value), textOf(wasOne.value), textOf(member.value)) };
  });
  const keys = [...isByName.keys()];
  const isBoth = (key: string) => wasByName.has(key) && isByName.has(key);
  // The order is the stored one, unless the change was one of the order.
  const isSameOrder = [...wasByName.keys()].filter(isBoth).join() === keys.filter(isBoth).join();
  const hidden = [...ownByName].filter(([key]) => !wasByName.has(key) && !isByName.has(key));
  const all = new Map([...keys.map((key, i) => [key, changed[i]!] as const), ...hidden]);
  const [backbone, others] = isSameOrder
    ? [[...ownByName.keys()].filter((key) => all.has(key)), keys]
    : [keys, [...ownByName.keys()].filter((key) => all.has(key))];
  return inOrder(backbone, others).map((key) => all.get(key)!);
}

/** The members by their names, and how often the name was there before. */
type Named = ReadonlyMap<string, Member>;

function byOccurrence({ members }: OpenObject): Named {
  const counts = new Map<string, number>();
  return new Map(
    members.map((member) => {
      const count = counts.get(member.name) ?? 0;
      counts.set(member.name, count + 1);
      return [JSON.stringify([member.name, count]), member] as const;
    }),
  );
}

/** The keys of both, those of the first in their order. Each other one stands after the key that it follows in its own list. */
function inOrder(backbone: readonly string[], others: readonly string[]): string[] {
  const keys = [...backbone];
  const placed = new Set(keys);
  for (const [i, key] of others.entries()) {
    if (placed.has(key)) continue;
    keys.splice(i === 0 ? 0 : keys.indexOf(others[i - 1]!) + 1, 0, key);
    placed.add(key);
  }
  return keys;
}

/** Elements that did not change tell which of the others belong together. */
function arrayOf(stored: string, before: string, after: string): string {
  const [own, was, is] = [stored, before, after].map(elementsOf) as [string[], string[], string[]];
  if (own.length !== was.length) return after;
  const partners = partnersOf(was, is);
  return `[${is.map((text, i) => (partners[i] === undefined ? text : restored(own[partners[i]]!, was[partners[i]]!, text))).join(',')}]`;
}

/** For each of the later elements the place of the earlier one that it was made of, if that is certain. */
function partnersOf(was: readonly string[], is: readonly string[]): (number | undefined)[] {
  const places = new Map<string, number[]>();
  for (let at = was.length - 1; at >= 0; at--) listIn(places, was[at]!).push(at);
  const partners = is.map((text) => places.get(text)?.pop());
  const taken = new Set(partners);
  // Between two elements that did not change, as many as there were are the same ones, changed.
  for (let from = 0; from < is.length; from++) {
    if (partners[from] !== undefined) continue;
    let end = from;
    while (end < is.length && partners[end] === undefined) end++;
    const first = from === 0 ? 0 : partners[from - 1]! + 1;
    const next = end === is.length ? was.length : partners[end]!;
    const offset = first - from;
    const run = next - end === offset ? Array.from({ length: end - from }, (_, i) => from + i) : [];
    if (!run.some((i) => taken.has(i + offset))) {
      for (const i of run) {
        partners[i] = i + offset;
        taken.add(i + offset);
      }
    }
    from = end;
  }
  return partners;
}

function listIn(lists: Map<string, number[]>, text: string): number[] {
  const list = lists.get(text) ?? [];
  lists.set(text, list);
  return list;
}
