// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Converts rows in WebAssembly, as long as they are simple: they end in the bytes at hand and have as many cells as the header.
// It stops before any other row, which its twin decides about (csv.ts). It never calls a row bad.

import { bytesIn, convertersFor, INPUT_BYTES, type WasmConverters } from './converters.js';

/** Of a column in the table: address and length of its lead, its type, nothing. Each has 4 bytes. */
const COLUMN_BYTES = 16;
/** As the module numbers them. */
const TYPES = ['string', 'number', 'boolean', 'auto'] as const;
/** A byte of a cell becomes at most so many of text: `\u001f`. */
const ESCAPE_BYTES = 6;
/** Of a cell: its quotes. Of a row: its bracket, and its newline. */
const CELL_BYTES = 2;
const ROW_BYTES = 2;
/** Of rows whose text may need more room, the twin is as good: their names are most of it. */
const TEXT_BYTES_MAX = 32 * 1024 * 1024;

/** A column: the bytes of JSON before its cells, and their type. */
interface KernelColumn {
  readonly lead: Uint8Array;
  readonly type: (typeof TYPES)[number];
}

export class RowKernel {
  readonly #columns: readonly KernelColumn[];
  readonly #separator: number;
  readonly #room: { readonly tableBytes: number; readonly inputBytes: number; readonly textBytes: number };
  /** Newlines in the rows that were converted last. */
  newlines = 0;
  #text: Uint8Array = new Uint8Array(0);

  private constructor(columns: readonly KernelColumn[], separator: number) {
    this.#columns = columns;
    this.#separator = separator;
    const leads = columns.reduce((sum, { lead }) => sum + lead.byteLength, 0);
    const rowBytes = leads + CELL_BYTES * columns.length + ROW_BYTES;
    // A row has at least one byte for each cell. One more row may be begun and not end.
    const rows = Math.ceil(INPUT_BYTES / columns.length) + 1;
    this.#room = {
      inputBytes: INPUT_BYTES,
      tableBytes: COLUMN_BYTES * columns.length + leads,
      textBytes: ESCAPE_BYTES * INPUT_BYTES + rows * rowBytes,
    };
  }

  /** Undefined for a header whose rows become too large. */
  static of(columns: readonly KernelColumn[], separator: number): RowKernel | undefined {
    const kernel = new RowKernel(columns, separator);
    return kernel.#room.textBytes > TEXT_BYTES_MAX ? undefined : kernel;
  }

  /** The text of the rows that were converted last; valid until the next call. */
  get text(): Uint8Array {
    return this.#text;
  }

  /** Converts rows that begin at this offset. @returns where the first row begins that it leaves */
  convert(bytes: Uint8Array, at: number): number {
    const wasm = convertersFor(this, this.#room, (fresh) => this.#writeTable(fresh));
    const piece = bytes.subarray(at, at + INPUT_BYTES);
    bytesIn(wasm, wasm.input(), piece.byteLength).set(piece);
    const done = wasm.rowsConvert(this.#columns.length, this.#separator, piece.byteLength);
    this.newlines = wasm.rowsNewlines();
    this.#text = bytesIn(wasm, wasm.text(), wasm.written());
    return at + done;
  }

  #writeTable(wasm: WasmConverters): void {
    const columns = this.#columns;
    const table = wasm.table();
    const view = new DataView(wasm.memory.buffer, table, this.#room.tableBytes);
    let at = COLUMN_BYTES * columns.length;
    for (const [i, { lead, type }] of columns.entries()) {
      const column = i * COLUMN_BYTES;
      view.setUint32(column, table + at, true);
      view.setUint32(column + 4, lead.byteLength, true);
      view.setUint32(column + 8, TYPES.indexOf(type), true);
      bytesIn(wasm, table + at, lead.byteLength).set(lead);
      at += lead.byteLength;
    }
  }
}
