// records > [form] > pack: where the members of an object are in its text. Their tokens keep their spelling.

import { stringEnd, valueEnd } from '../../keys/json-scan.js';

/** Called with the name as spelled, and with where the value begins and ends. */
type TakeMember = (name: string, from: number, to: number) => void;

/** Whether the text of a record is that of an object. */
export function isObject(text: string): boolean {
  return text.startsWith('{');
}

/** Gives all members of an object, in order. @param text of a record */
export function eachMember(text: string, take: TakeMember): void {
  for (let at = 1; text[at] === '"'; ) {
    const nameEnd = stringEnd(text, at);
    const from = nameEnd + ':'.length;
    const to = valueEnd(text, from);
    take(text.slice(at, nameEnd), from, to);
    at = to + ','.length;
  }
}
