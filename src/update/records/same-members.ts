// [record > line, keys > overlay] > pages > transaction
//
// Whether two texts are one value, token by token, but for the order of members. A record that was patched in a newer shape than
// it is stored in may come out in another order.

import { elementsOf, membersOf } from '../../evolve/text/tree.js';

/** @param left JSON without white space between tokens, as `right` */
export function haveSameMembers(left: string, right: string): boolean {
  return left === right || inOrder(left) === inOrder(right);
}

/** The text with the members of all objects in the order of their names; those of one name stay in their order. */
function inOrder(text: string): string {
  if (text.startsWith('[')) return `[${elementsOf(text).map(inOrder).join(',')}]`;
  if (!text.startsWith('{')) return text;
  const members = membersOf(text).map(({ name, value }) => [name, inOrder(value as string)] as const);
  members.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}
