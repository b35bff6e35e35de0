// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Converts BSON documents in WebAssembly, as long as they are whole and of the common types. It stops before any other document,
// which its twin decides about (bson-values.ts).

import { bytesIn, convertersFor, INPUT_BYTES } from './converters.js';

/** A larger document is left to the twin. */
const DOCUMENT_BYTES_MAX = 1024 * 1024;
/** A byte of a document becomes at most so many of text: `"":{"$binary":{"base64":"","subType":"00"}},` for 7 bytes. */
const TEXT_SHARE = 8;
const ROOM = { tableBytes: 0, inputBytes: DOCUMENT_BYTES_MAX, textBytes: TEXT_SHARE * DOCUMENT_BYTES_MAX };

export class DocumentKernel {
  /** How many documents were converted last. */
  documents = 0;
  #text: Uint8Array = new Uint8Array(0);

  /** The text of the documents that were converted last; valid until the next call. */
  get text(): Uint8Array {
    return this.#text;
  }

  /** Converts documents that begin at this offset. @returns where the first one begins that it leaves */
  convert(bytes: Uint8Array, at: number, documentBytes: number): number {
    this.documents = 0;
    this.#text = new Uint8Array(0);
    if (documentBytes > DOCUMENT_BYTES_MAX) return at;
    const wasm = convertersFor(ROOM, ROOM, () => {});
    const piece = bytes.subarray(at, at + Math.max(documentBytes, INPUT_BYTES));
    bytesIn(wasm, wasm.input(), piece.byteLength).set(piece);
    const done = wasm.documentsConvert(piece.byteLength);
    this.documents = wasm.documentsConverted();
    this.#text = bytesIn(wasm, wasm.text(), wasm.written());
    return at + done;
  }
}
