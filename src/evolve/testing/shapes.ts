// records > [shapes] > test file

import { kindOfText } from '../proof/shape.js';
import { elementsOf, membersOf } from '../text/tree.js';

/**
 * Some of the records, of as many different shapes as there are: which members they have, of which kinds.
 * @param max how many, at most
 */
export async function recordsOfShapes(
  records: Iterable<string> | AsyncIterable<string>,
  max: number,
): Promise<string[]> {
  const byShape = new Map<string, string>();
  for await (const record of records) {
    const shape = shapeOf(record);
    if (!byShape.has(shape)) byShape.set(shape, record);
    if (byShape.size === max) break;
  }
  return [...byShape.values()];
}

/** A text that two values have in common if they have the same shape. Of elements each shape counts once. */
function shapeOf(value: string): string {
  const kind = kindOfText(value);
  if (kind === 'array') return `[${[...new Set(elementsOf(value).map(shapeOf))].sort().join()}]`;
  if (kind !== 'object') return kind;
  const members = membersOf(value).map((member) => `${member.spelled}:${shapeOf(member.value as string)}`);
  return `{${members.sort().join()}}`;
}
