// JSON Merge Patch (RFC 7396) on the text of a record: what the patch does not name keeps its spelling, down to the last
// digit. Parsing and writing the record again would round its large numbers.

import { stringEnd, stringOf, valueEnd } from '../../keys/json-scan.js';

/** @param text a record as stored, and @param patch a patch: valid JSON without insignificant white space, both. */
export function mergePatch(text: string | undefined, patch: string): string {
  if (!patch.startsWith('{')) return patch;
  const members = text?.startsWith('{') ? membersOf(text) : [];
  for (const { name, spelled, value: change } of lastOnes(patch).values()) {
    const at = members.findLastIndex((member) => member.name === name);
    if (change === 'null') {
      remove(members, name);
    } else if (at === -1) {
      members.push({ name, spelled, value: mergePatch(undefined, change) });
    } else {
      const changed = { ...members[at]!, value: mergePatch(members[at]?.value, change) };
      members[at] = changed;
      // The others would only confuse.
      remove(members, name, changed);
    }
  }
  return `{${members.map(({ spelled, value }) => `${spelled}:${value}`).join(',')}}`;
}

/**
 * One patch that does what `first` and then `second` do to any record; undefined where no patch does. That is so where the
 * first makes a member something else than an object, and the second puts members into it.
 */
export function composedPatch(first: string, second: string): string | undefined {
  if (!second.startsWith('{')) return second;
  if (!first.startsWith('{')) return undefined;
  const members = lastOnes(first);
  for (const { name, spelled, value } of lastOnes(second).values()) {
    const before = members.get(name);
    const composed = before === undefined ? value : composedPatch(before.value, value);
    if (composed === undefined) return undefined;
    members.set(name, { name, spelled, value: composed });
  }
  return `{${[...members.values()].map(({ spelled, value }) => `${spelled}:${value}`).join(',')}}`;
}

/** Of a name that is repeated the last member counts. */
function lastOnes(object: string): Map<string, Member> {
  return new Map(membersOf(object).map((member) => [member.name, member]));
}

interface Member {
  readonly name: string;
  /** The name as spelled, with its quotes. */
  readonly spelled: string;
  readonly value: string;
}

function remove(members: Member[], name: string, but?: Member): void {
  for (let i = members.length - 1; i >= 0; i--) {
    if (members[i]?.name === name && members[i] !== but) members.splice(i, 1);
  }
}

function membersOf(object: string): Member[] {
  const members: Member[] = [];
  for (let at = 1; object[at] !== '}'; ) {
    if (object[at] === ',') at++;
    const colon = stringEnd(object, at);
    const end = valueEnd(object, colon + 1);
    const spelled = object.slice(at, colon);
    members.push({ name: stringOf(spelled), spelled, value: object.slice(colon + 1, end) });
    at = end;
  }
  return members;
}
