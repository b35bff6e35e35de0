// store at rest: [catalog]
//
// The header, the manifests and the head of the audit log as objects, with the bytes that they were decoded from: they are asked
// for more often than they change, and who writes one has the object already. What is remembered counts only for the same bytes, so it cannot be
// wrong, whatever becomes of the transaction that wrote them.

import type { AuditHead } from '../audit-types.js';
import type { CollectionManifest, StoreHeader } from '../types.js';
import type { ByteMap } from './byte-map.js';
import { decodeCollection, decodeHeader } from './decode.js';
import { auditHeadCheck } from './schema.js';
import { type CollectionNames, collectionKey, decodeValue, olderCollectionKeys, STORE_KEY } from './values.js';

interface Known<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

export class Decoded {
  /** What stands for the names of collections in keys, where that is not the names. */
  readonly names: CollectionNames | undefined;
  #header: Known<StoreHeader> | undefined;
  #auditHead: Known<AuditHead> | undefined;
  readonly #manifests = new Map<string, Known<CollectionManifest>>();

  constructor(names?: CollectionNames) {
    this.names = names;
  }

  /** @throws as `decodeHeader` */
  header(bytes: Buffer, file: string): StoreHeader {
    if (this.#header === undefined || !bytes.equals(this.#header.bytes)) {
      this.#header = { bytes, value: decodeHeader(bytes, file) };
    }
    return this.#header.value;
  }

  /** The manifest of a collection as it is in `meta`. */
  bytesOf(name: string, meta: Pick<ByteMap, 'get'>): Buffer | undefined {
    const { names } = this;
    const bytes = meta.get(collectionKey(name, names));
    if (bytes !== undefined || names === undefined) return bytes;
    // Where data keys are being exchanged, it may be under an older pseudonym, or under that of a data key which is not known
    // yet. The header is sealed with the active data key: whoever reads it knows that key from then on.
    meta.get(STORE_KEY);
    for (const key of [collectionKey(name, names), ...olderCollectionKeys(name, names)]) {
      const found = meta.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** @throws as `decodeCollection` */
  collection(bytes: Buffer, name: string, file: string): CollectionManifest {
    let known = this.#manifests.get(name);
    if (known === undefined || !bytes.equals(known.bytes)) {
      known = { bytes, value: decodeCollection(bytes, collectionKey(name, this.names), file, this.names) };
      this.#manifests.set(name, known);
    }
    return known.value;
  }

  /** @throws GristmillError CHECKSUM_MISMATCH */
  auditHead(bytes: Buffer, file: string): AuditHead {
    if (this.#auditHead === undefined || !bytes.equals(this.#auditHead.bytes)) {
      this.#auditHead = { bytes, value: decodeValue(auditHeadCheck, bytes, 'head of the audit log', file) };
    }
    return this.#auditHead.value;
  }

  /** @param bytes what `header` was encoded to, by who checked it */
  wroteHeader(bytes: Uint8Array, value: StoreHeader): void {
    this.#header = { bytes, value };
  }

  wroteCollection(bytes: Uint8Array, value: CollectionManifest): void {
    this.#manifests.set(value.name, { bytes, value });
  }

  wroteAuditHead(bytes: Uint8Array, value: AuditHead): void {
    this.#auditHead = { bytes, value };
  }
}
