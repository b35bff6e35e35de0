// record > [tree] > operations > record
//
// The text of a record, opened along the paths that operations walk. A value that nobody opens stays a piece of the text, so it
// comes out as it is spelled.

import { noEnd, stringEnd, stringOf, valueEnd } from '../../keys/json-scan.js';
import type { Place } from '../failure.js';

/** Where a value is: the record itself, a member, or an element. */
export interface Slot {
  value: string | OpenObject;
}

export interface Member extends Slot {
  name: string;
  /** The name as it is spelled, with its quotes. */
  spelled: string;
}

/** An object whose members are known. Members that are repeated are all there, in their order. */
export class OpenObject {
  readonly members: Member[];

  constructor(members: Member[]) {
    this.members = members;
  }

  has(name: string): boolean {
    return this.members.some((member) => member.name === name);
  }

  named(name: string): Member[] {
    return this.members.filter((member) => member.name === name);
  }

  append(name: string, value: Slot['value']): void {
    this.members.push({ name, spelled: JSON.stringify(name), value });
  }

  remove(removed: Member): void {
    this.members.splice(this.members.indexOf(removed), 1);
  }
}

/** The object in a slot; undefined if there is another value. */
export function objectIn(slot: Slot): OpenObject | undefined {
  if (typeof slot.value === 'string') {
    if (!slot.value.startsWith('{')) return undefined;
    slot.value = new OpenObject(membersOf(slot.value));
  }
  return slot.value;
}

/** The objects at a place. There is more than one where a member is repeated. */
export function objectsAt(slot: Slot, place: Place): OpenObject[] {
  let slots: Slot[] = [slot];
  for (const name of place) slots = slots.flatMap((one) => objectIn(one)?.named(name) ?? []);
  return slots.flatMap((one) => objectIn(one) ?? []);
}

/** The text of a value. */
export function textOf(value: Slot['value']): string {
  if (typeof value === 'string') return value;
  let text = '{';
  for (const member of value.members) {
    text += `${text.length > 1 ? ',' : ''}${member.spelled}:${textOf(member.value)}`;
  }
  return `${text}}`;
}

/** @param text of an object */
export function membersOf(text: string): Member[] {
  const members: Member[] = [];
  let at = 1;
  while (text[at] !== '}') {
    if (text[at] === ',') at++;
    const colon = stringEnd(text, at);
    const end = valueEnd(text, colon + 1);
    const spelled = text.slice(at, colon);
    members.push({ name: stringOf(spelled), spelled, value: text.slice(colon + 1, end) });
    at = end;
  }
  if (at !== text.length - 1) noEnd();
  return members;
}

/** The texts of the elements. @param text of an array */
export function elementsOf(text: string): string[] {
  const elements: string[] = [];
  for (let at = 1; text[at] !== ']'; ) {
    if (text[at] === ',') at++;
    const end = valueEnd(text, at);
    elements.push(text.slice(at, end));
    at = end;
  }
  return elements;
}
