// store at rest: [seal]
//
// The keys of an encrypted store, as every part of gristmill gets them: plain data, so that a thread gets them with its task.

/** A key that encrypts data at rest. */
export interface DataKey {
  /** Its number in the key ring, from 1. What it encrypted names it. */
  readonly number: number;
  /** 32 random bytes. */
  readonly key: Uint8Array;
}

/** Whether the keys of records are pseudonyms in the index, or as they are (docs/security.md). */
export type KeysAtRest = 'hidden' | 'plaintext';

/** What is done to an encrypted store gets its keys. */
export interface Sealed {
  readonly seal?: SealKeys | undefined;
}

/** Made of the key-encryption key: with them a process follows its ring when others add data keys (ring/data-keys.ts). */
export interface RingKeys {
  /** Wraps data keys. */
  readonly wrap: Uint8Array;
  /** Authenticates the ring. */
  readonly mac: Uint8Array;
}

/**
 * The opened key ring of an encrypted store. Never printed, never in an error. It follows the ring of the store: data keys may
 * be added to it, and another one become active (seal/data-keys.ts). A data key that it has, it keeps.
 */
export interface SealKeys {
  /** 16 random bytes; every derived key depends on them. */
  readonly storeId: Uint8Array;
  readonly keys: KeysAtRest;
  /** Number of the data key that encrypts from now on. */
  readonly active: number;
  readonly dataKeys: readonly DataKey[];
  /** Absent where nobody follows the ring. */
  readonly ring?: RingKeys | undefined;
}
