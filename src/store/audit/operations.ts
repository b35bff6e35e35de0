// store at rest: [audit]
//
// The operations that change a store, by the names that entries have. Who adds one adds a row here; a reader takes the names
// of later versions as they are.

/** An operation that changes a store. docs/audit.md says what each one is. */
export type AuditOperation =
  | ('import' | 'synchronise' | 'transaction' | 'quarantine retry' | 'compact' | 'repair')
  | ('encrypt' | 'decrypt' | 'reencrypt' | 'drop' | 'clear' | 'rename')
  | ('add index' | 'drop index' | 'evolve' | 'set schema' | 'unset schema' | 'prune' | 'retention');

/** What each of them is, in words. */
export const AUDIT_OPERATIONS: Readonly<Record<AuditOperation, string>> = {
  import: 'records were imported',
  synchronise: 'a collection was made equal to its sources, once or by a watcher',
  transaction: 'records were put, patched or deleted',
  'quarantine retry': 'rejected records were imported',
  compact: 'files of shards were rewritten, joined or dropped; no live record changed',
  repair: 'the index was made again',
  encrypt: 'the store was encrypted',
  decrypt: 'the store was decrypted',
  reencrypt: 'the store was encrypted with new keys',
  drop: 'a collection was removed',
  clear: 'all records of a collection were removed',
  rename: 'a collection got another name',
  'add index': 'a secondary index was made',
  'drop index': 'a secondary index was removed',
  evolve: 'the records of a collection got another version, or can no longer get an older one',
  'set schema': 'a collection got a schema that its records are held to',
  'unset schema': 'the schema of a collection was removed',
  prune: 'old entries of the audit log were removed',
  retention: 'the number of entries that the log keeps was changed',
};

export function isAuditOperation(name: string): name is AuditOperation {
  return Object.hasOwn(AUDIT_OPERATIONS, name);
}
