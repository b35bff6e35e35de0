// What a bzip2 block says before its symbols: the bytes that occur in it, and two to six Huffman tables, with a selector of
// one of them for every 50 symbols.
//
//   bytes in use 16 + 16 x 16 | tables 3 | selectors 15 | selectors, unary | for each table: 5, then steps for each symbol

export enum Status {
  ok = 0,
  /** The input ends in the block. */
  short = 1,
  damaged = 2,
  /** The block is made by a method that bzip2 gave up in 1997. */
  randomised = 3,
}

const SYMBOLS_MAX: u32 = 258;
const TABLES_MAX: u32 = 6;
/** What the largest block needs. A file may say more of them, which mean nothing. */
const SELECTORS_MAX: u32 = 18_002;

const LENGTHS = memory.data(258, 16);
/** For each table: symbols in the order of their codes; for each length, the end of its codes and where its symbols begin. */
const ORDERS = memory.data(6 * 258 * 2, 16);
const LIMITS = memory.data(6 * 32 * 4, 16);
const OFFSETS = memory.data(6 * 32 * 4, 16);

export namespace Tables {
  export const CODE_BITS_MAX: u32 = 20;
  export const FAST_BITS: u32 = 10;
  export const SELECTORS = memory.data(18_002, 16);
  /** For each table: what the next ten bits mean. Symbol and bits of its code (5 bits); 0: a longer code. */
  export const FAST = memory.data(6 * 2 * 1024, 16);
  /** The bytes in use, in order. */
  export const BYTES = memory.data(256, 16);
  export let symbols: u32 = 0;
  export let selectors: u32 = 0;
  export let status: Status = Status.ok;

  /** As an entry of `FAST`, for any code, from the next `CODE_BITS_MAX` bits; 0: no code begins so. */
  export function slow(table: u32, bits: u32): u32 {
    for (let length: u32 = 1; length <= CODE_BITS_MAX; length++) {
      const code = bits >> (CODE_BITS_MAX - length);
      if (code >= load<u32>(LIMITS + (table * 32 + length) * 4)) continue;
      const place = code - load<u32>(OFFSETS + (table * 32 + length) * 4);
      return (<u32>load<u16>(ORDERS + (table * SYMBOLS_MAX + place) * 2) << 5) | length;
    }
    return 0;
  }
}

class Reader {
  static input: u32 = 0;
  static bit: u32 = 0;
  static end: u32 = 0;
}

function bits(count: u32): u32 {
  const word = bswap<u64>(load<u64>(Reader.input + (Reader.bit >> 3))) << (Reader.bit & 7);
  Reader.bit += count;
  return <u32>(word >> (64 - count));
}

/** Sets `Tables`. @returns the bit after them */
export function readTables(input: u32, bit: u32, end: u32): u32 {
  Reader.input = input;
  Reader.bit = bit;
  Reader.end = end;
  Tables.status = read();
  if (Reader.bit > end) Tables.status = Status.short;
  return Reader.bit;
}

function read(): Status {
  readBytes();
  if (Tables.symbols == 2) return Status.damaged;
  const tables = bits(3);
  const selectors = bits(15);
  if (tables < 2 || tables > TABLES_MAX || selectors == 0) return Status.damaged;
  Tables.selectors = min(selectors, SELECTORS_MAX);
  if (!readSelectors(tables, selectors)) return Status.damaged;
  for (let table: u32 = 0; table < tables; table++) {
    if (!readLengths() || !makeTable(table)) return Status.damaged;
  }
  return Status.ok;
}

function readBytes(): void {
  const ranges = bits(16);
  let count: u32 = 0;
  for (let range: u32 = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) == 0) continue;
    const used = bits(16);
    for (let i: u32 = 0; i < 16; i++) {
      if ((used & (0x8000 >> i)) != 0) store<u8>(Tables.BYTES + count++, range * 16 + i);
    }
  }
  // Two symbols for runs, one for each byte but the one in front, and the end.
  Tables.symbols = count + 2;
}

function readSelectors(tables: u32, selectors: u32): bool {
  // The tables, the last one used first: one in each byte.
  let order: u64 = 0x050403020100;
  for (let i: u32 = 0; i < selectors; i++) {
    if (Reader.bit > Reader.end) return false;
    let place: u32 = 0;
    while (bits(1) != 0) if (++place >= tables) return false;
    const shift = <u64>place << 3;
    const table = (order >> shift) & 0xff;
    const below = (<u64>1 << shift) - 1;
    order = (order & ~((below << 8) | 0xff)) | ((order & below) << 8) | table;
    if (i < SELECTORS_MAX) store<u8>(Tables.SELECTORS + i, <u8>table);
  }
  return true;
}

function readLengths(): bool {
  let length = bits(5);
  for (let symbol: u32 = 0; symbol < Tables.symbols; symbol++) {
    for (;;) {
      if (length < 1 || length > Tables.CODE_BITS_MAX || Reader.bit > Reader.end) return false;
      if (bits(1) == 0) break;
      length += bits(1) == 0 ? 1 : -1;
    }
    store<u8>(LENGTHS + symbol, length);
  }
  return true;
}

/** Gives codes to the symbols: shorter ones first, and in the order of the symbols. */
function makeTable(table: u32): bool {
  const fast = Tables.FAST + table * (2 << Tables.FAST_BITS);
  memory.fill(fast, 0, 2 << Tables.FAST_BITS);
  let code: u32 = 0;
  let count: u32 = 0;
  for (let length: u32 = 1; length <= Tables.CODE_BITS_MAX; length++) {
    store<u32>(OFFSETS + (table * 32 + length) * 4, code - count);
    for (let symbol: u32 = 0; symbol < Tables.symbols; symbol++) {
      if (load<u8>(LENGTHS + symbol) != length) continue;
      // There are more codes of this length than there can be.
      if (code >> length != 0) return false;
      store<u16>(ORDERS + (table * SYMBOLS_MAX + count) * 2, symbol);
      if (length <= Tables.FAST_BITS) {
        const shift = Tables.FAST_BITS - length;
        for (let i: u32 = 0; i < <u32>1 << shift; i++) {
          store<u16>(fast + (((code << shift) + i) << 1), (symbol << 5) | length);
        }
      }
      code++;
      count++;
    }
    store<u32>(LIMITS + (table * 32 + length) * 4, code);
    code <<= 1;
  }
  return true;
}
