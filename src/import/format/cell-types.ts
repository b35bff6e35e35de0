// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The types of the cells of a CSV or TSV file (option `types`). A cell gets its type only if it is spelled exactly as JSON
// spells a value of that type. Any other cell stays the string that it is: "007", "1,5" and "" are no numbers.

/** Of a column. With `auto`, each cell without quotes is what it looks like. */
export type CellType = 'string' | 'number' | 'boolean' | 'auto';

/** All columns, or the columns that are named; the others are strings. */
type CellTypes = 'auto' | ReadonlyMap<string, CellType>;

const TYPES: ReadonlySet<string> = new Set<CellType>(['string', 'number', 'boolean', 'auto']);

/** @param types `auto`, `price=number,active=boolean`, or a JSON object `{"price": "number"}`. @throws TypeError */
export function parseCellTypes(types: string): CellTypes {
  if (typeof types !== 'string') throw wrong(types);
  if (types === 'auto') return 'auto';
  const named = new Map(types.trimStart().startsWith('{') ? inObject(types) : inList(types));
  if (named.size === 0) throw wrong(types);
  for (const type of named.values()) if (!TYPES.has(type)) throw wrong(types);
  return named as ReadonlyMap<string, CellType>;
}

function inObject(types: string): [string, string][] {
  try {
    return Object.entries(JSON.parse(types) as Record<string, string>);
  } catch {
    throw wrong(types);
  }
}

function inList(types: string): [string, string][] {
  return types.split(',').map((part): [string, string] => {
    const at = part.lastIndexOf('=');
    if (at <= 0) throw wrong(types);
    return [part.slice(0, at), part.slice(at + 1)];
  });
}

function wrong(types: unknown): TypeError {
  return new TypeError(
    `types must be auto, or name columns such as price=number,active=boolean (string, number, boolean or auto), not ${JSON.stringify(types)}`,
  );
}

const [MINUS, PLUS, DOT, ZERO, ONE, NINE, SMALL_E, LARGE_E] = Buffer.from('-+.019eE') as unknown as number[];

/** Whether some bytes are a number as JSON spells it. */
export function isNumber(bytes: Uint8Array, from: number, to: number): boolean {
  let at = bytes[from] === MINUS ? from + 1 : from;
  if (at < to && bytes[at] === ZERO) at++;
  else if (at < to && bytes[at]! >= ONE! && bytes[at]! <= NINE!) at = digitsEnd(bytes, at, to);
  else return false;
  if (at < to && bytes[at] === DOT) {
    const end = digitsEnd(bytes, at + 1, to);
    if (end === at + 1) return false;
    at = end;
  }
  if (at < to && (bytes[at] === SMALL_E || bytes[at] === LARGE_E)) {
    const sign = at + 1 < to && (bytes[at + 1] === MINUS || bytes[at + 1] === PLUS) ? 1 : 0;
    const end = digitsEnd(bytes, at + 1 + sign, to);
    if (end === at + 1 + sign) return false;
    at = end;
  }
  return at === to;
}

function digitsEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at]! >= ZERO! && bytes[at]! <= NINE!) at++;
  return at;
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

/** Whether some bytes are `true` or `false`. */
export function isBoolean(bytes: Uint8Array, from: number, to: number): boolean {
  const word = to - from === TRUE.byteLength ? TRUE : FALSE;
  if (to - from !== word.byteLength) return false;
  for (let i = 0; i < word.byteLength; i++) if (bytes[from + i] !== word[i]) return false;
  return true;
}
