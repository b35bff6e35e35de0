// store at rest: [catalog]
//
// What is kept of the changes that transactions made to the records of an import, as it is stored (docs/format.md, Edits).

/**
 * What transactions made of one key since the last import that gave it: catalog key `09` collection, key. By it an import can
 * do the same to the record that it brings.
 */
export interface Edit {
  readonly kind: 'put' | 'patch' | 'delete';
  /** Of a patch: JSON Merge Patches, one after another. */
  readonly patches?: readonly string[];
  /** Of a patch: the shape of the record that they were made to (shape-types.ts). Absent: 0. */
  readonly shape?: number | undefined;
  /** Where the record is that the import had brought; absent where it had brought none. */
  readonly origin?: readonly [shard: number, ordinal: number] | undefined;
  /** Where the key it belongs to is hidden, the encoded key itself in base64url: a deletion has no record that says it. */
  readonly key?: string | undefined;
}

/** An edit with the encoded key it belongs to. */
export interface EditAt {
  readonly key: Uint8Array;
  readonly edit: Edit;
}
