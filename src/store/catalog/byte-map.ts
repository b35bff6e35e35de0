// store at rest: [catalog]
//
// The sorted map of bytes that the catalog is kept in, as it is read.

/** A range of keys: from `start` on (after it where exclusive), as far as `end` but without it; `reverse` downwards. */
export interface ByteRange {
  readonly start: Uint8Array;
  readonly end?: Uint8Array;
  readonly exclusiveStart?: boolean;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** A sorted map of bytes, read synchronously. The caller owns the returned bytes. */
export interface ByteMap {
  get(key: Uint8Array): Buffer | undefined;
  range(range: ByteRange): { readonly key: Uint8Array; readonly value: Buffer }[];
  keys(range: ByteRange): Uint8Array[];
}
