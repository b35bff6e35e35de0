// A profile as bytes, and back. Equal profiles have equal bytes: the text is JSON, facts and names are in a fixed order, and
// absent ones are left out. What a damaged file may say is never taken for a profile: the way back checks each fact, and that its
// profile has these bytes.

import { GristmillError } from '../base/errors.js';
import { present } from './add.js';
import { countOfHashes, NO_HASHES } from './hashes.js';
import type { ArrayFacts, NumberFacts, ObjectFacts, PathProfile, Profile, StringFacts, ValueFacts } from './types.js';
import { inOrder } from './values.js';
import { hashesOf, hashesText, type Json, keyFrom, keyText, kindCounts, kindList, Wire } from './wire.js';

const VERSION = 1;

export function encodeProfile({ records, root }: Profile): Uint8Array {
  return Buffer.from(JSON.stringify({ version: VERSION, records, root: pathOut(root) }));
}

/** @throws GristmillError CHECKSUM_MISMATCH if these are not the bytes of a profile */
export function decodeProfile(bytes: Uint8Array): Profile {
  const profile = profileIn(Buffer.from(bytes).toString());
  if (Buffer.compare(encodeProfile(profile), bytes) !== 0) throw damaged();
  return profile;
}

function profileIn(text: string): Profile {
  try {
    const wire = new Wire(JSON.parse(text));
    return { records: wire.count('records'), root: pathIn(wire.inside('root')) };
  } catch (cause) {
    throw damaged(cause);
  }
}

function damaged(cause?: unknown): GristmillError {
  const message = 'A stored profile is damaged. It can be made again from the records: compact the collection.';
  return new GristmillError('CHECKSUM_MISMATCH', message, { cause });
}

function pathOut({ kinds, repeats, numbers, strings, values, arrays, objects, isPartial }: PathProfile): Json {
  return {
    kinds: kindList(kinds),
    repeats,
    ...(numbers && { numbers: numbersOut(numbers) }),
    ...(strings && { strings: [strings.shortest, strings.longest, strings.formats] }),
    ...(values && { values: valuesOut(values) }),
    ...(arrays && { arrays: arraysOut(arrays) }),
    ...(objects && { objects: objectsOut(objects) }),
    ...(isPartial && { isPartial }),
  };
}

function pathIn(wire: Wire): PathProfile {
  return {
    kinds: kindCounts(wire.counts('kinds', 8)),
    repeats: wire.count('repeats'),
    ...present('numbers', wire.optional('numbers', numbersIn)),
    ...present('strings', wire.has('strings') ? stringsIn(wire) : undefined),
    ...present('values', wire.optional('values', valuesIn)),
    ...present('arrays', wire.optional('arrays', arraysIn)),
    ...present('objects', wire.optional('objects', objectsIn)),
    ...(wire.has('isPartial') && { isPartial: true }),
  };
}

function numbersOut({ least, greatest, digits, beyondSafe, beyondKeys }: NumberFacts): Json {
  const extremes = { ...(least && { least: keyText(least) }), ...(greatest && { greatest: keyText(greatest) }) };
  return { ...extremes, digits, beyondSafe, beyondKeys };
}

function numbersIn(wire: Wire): NumberFacts {
  return {
    ...present('least', wire.has('least') ? keyFrom(wire.text('least')) : undefined),
    ...present('greatest', wire.has('greatest') ? keyFrom(wire.text('greatest')) : undefined),
    digits: wire.count('digits'),
    beyondSafe: wire.count('beyondSafe'),
    beyondKeys: wire.count('beyondKeys'),
  };
}

function stringsIn(wire: Wire): StringFacts {
  const [shortest, longest, formats] = wire.counts('strings', 3) as [number, number, number];
  return { shortest, longest, formats };
}

function valuesOut({ counts, sketch = NO_HASHES, examples = [], exampleHashes = NO_HASHES }: ValueFacts): Json {
  if (counts !== undefined) return { counts: [...inOrder(counts)] };
  return { sketch: hashesText(sketch), examples, exampleHashes: hashesText(exampleHashes) };
}

function valuesIn(wire: Wire): ValueFacts {
  if (wire.has('counts'))
    return { counts: new Map(wire.pairs('counts').map(([token, count]) => [token, Wire.asCount(count)])) };
  const [sketch, exampleHashes] = [hashesOf(wire.text('sketch')), hashesOf(wire.text('exampleHashes'))];
  const examples = wire.texts('examples');
  if (countOfHashes(exampleHashes) !== examples.length) throw new Error('examples without their hashes');
  return { sketch, examples, exampleHashes };
}

function arraysOut({ shortest, longest, elements }: ArrayFacts): Json {
  return { shortest, longest, ...(elements && { elements: pathOut(elements) }) };
}

function arraysIn(wire: Wire): ArrayFacts {
  const size = { shortest: wire.count('shortest'), longest: wire.count('longest') };
  return { ...size, ...present('elements', wire.optional('elements', pathIn)) };
}

function objectsOut({ fewest, most, members, folded }: ObjectFacts): Json {
  return {
    fewest,
    most,
    ...(members && { members: [...inOrder(members)].map(([name, member]) => [name, pathOut(member)]) }),
    ...(folded && { folded: pathOut(folded) }),
  };
}

function objectsIn(wire: Wire): ObjectFacts {
  const members = wire.has('members')
    ? new Map(wire.pairs('members').map(([name, member]) => [name, pathIn(new Wire(member))]))
    : undefined;
  const size = { fewest: wire.count('fewest'), most: wire.count('most') };
  return { ...size, ...present('members', members), ...present('folded', wire.optional('folded', pathIn)) };
}
