// store at rest: [seal]
//
// AES-256-GCM by the OpenSSL that is part of Node, called without the objects of node:crypto. Each of those takes longer than
// it takes to encrypt a frame of 8 KB, and the garbage collector has to clean it up: together three times as long. Here a
// thread has one context, and gives it key and nonce for each piece.
//
// The functions are those that Node gives to native packages. Where they are not to be had, or do not answer as the standard
// says (the check at the end), `directGcm` is undefined, and gcm.ts uses node:crypto. The bytes are the same.

import { loadKoffi } from '../../base/native/koffi.js';

const TAG_BYTES = 16;
const GET_TAG = 0x10;
const SET_TAG = 0x11;
const OPEN = 0;
const SEAL = 1;

/** The functions of OpenSSL, as evp.h declares them. Those that return a number return 1 if all is well. */
interface Evp {
  init(context: unknown, cipher: unknown, engine: null, key: Bytes, nonce: Bytes, direction: number): number;
  update(context: unknown, into: Bytes, written: Bytes, from: Bytes, bytes: number): number;
  final(context: unknown, into: Bytes, written: Bytes): number;
  control(context: unknown, what: number, bytes: number, value: Bytes): number;
}

type Bytes = Uint8Array | null;

export class DirectGcm {
  readonly #evp: Evp;
  readonly #context: unknown;
  /** Where OpenSSL says how many bytes it has written: with GCM, as many as it was given. */
  readonly #written = Buffer.alloc(4);
  readonly #tag = Buffer.alloc(TAG_BYTES);

  private constructor(evp: Evp, context: unknown) {
    this.#evp = evp;
    this.#context = context;
  }

  /** @throws where Node does not have these functions */
  static load(): DirectGcm {
    const node = loadKoffi().load(null);
    const context = node.func('void *EVP_CIPHER_CTX_new()')();
    const cipher = node.func('void *EVP_aes_256_gcm()')();
    const evp: Evp = {
      init: node.func('int EVP_CipherInit_ex(void *, void *, void *, const uint8_t *, const uint8_t *, int)'),
      update: node.func('int EVP_CipherUpdate(void *, uint8_t *, int *, const uint8_t *, int)'),
      final: node.func('int EVP_CipherFinal_ex(void *, uint8_t *, int *)'),
      control: node.func('int EVP_CIPHER_CTX_ctrl(void *, int, int, void *)'),
    };
    if (context === null || evp.init(context, cipher, null, null, null, SEAL) !== 1) throw opensslFailed();
    return new DirectGcm(evp, context);
  }

  /** Writes ciphertext and tag. @param into as long as both */
  seal(key: Uint8Array, nonce: Uint8Array, about: Uint8Array, plain: Uint8Array, into: Uint8Array): void {
    const bytes = plain.byteLength;
    assertLength(into, bytes + TAG_BYTES);
    this.#begin(key, nonce, about, SEAL);
    this.#update(into, plain, bytes);
    const evp = this.#evp;
    const context = this.#context;
    if (evp.final(context, this.#tag, this.#written) !== 1) throw opensslFailed();
    if (evp.control(context, GET_TAG, TAG_BYTES, this.#tag) !== 1) throw opensslFailed();
    into.set(this.#tag, bytes);
  }

  /**
   * Writes the plain bytes. @returns whether they are authentic: if not, there are only zeros
   * @param sealed ciphertext and tag @param into as long as the ciphertext
   */
  open(key: Uint8Array, nonce: Uint8Array, about: Uint8Array, sealed: Uint8Array, into: Uint8Array): boolean {
    const bytes = sealed.byteLength - TAG_BYTES;
    assertLength(into, bytes);
    this.#begin(key, nonce, about, OPEN);
    this.#update(into, sealed, bytes);
    const evp = this.#evp;
    const context = this.#context;
    this.#tag.set(sealed.subarray(bytes));
    if (evp.control(context, SET_TAG, TAG_BYTES, this.#tag) !== 1) throw opensslFailed();
    if (evp.final(context, this.#tag, this.#written) === 1) return true;
    into.fill(0);
    return false;
  }

  /** Overwrites the last key. */
  forget(): void {
    const zeros = Buffer.alloc(32);
    this.#begin(zeros, zeros.subarray(0, 12), zeros, SEAL);
  }

  #begin(key: Uint8Array, nonce: Uint8Array, about: Uint8Array, direction: number): void {
    // OpenSSL would read beyond shorter ones.
    assertLength(key, 32);
    assertLength(nonce, 12);
    if (this.#evp.init(this.#context, null, null, key, nonce, direction) !== 1) throw opensslFailed();
    this.#update(null, about, about.byteLength);
  }

  /** @param into null for what is authenticated only */
  #update(into: Bytes, from: Uint8Array, bytes: number): void {
    if (bytes === 0) return;
    if (this.#evp.update(this.#context, into, this.#written, from, bytes) !== 1) throw opensslFailed();
  }
}

/** Undefined where Node's own functions cannot be called, or do not do what they should. */
export function directGcm(): DirectGcm | undefined {
  try {
    const gcm = DirectGcm.load();
    return isSound(gcm) ? gcm : undefined;
  } catch {
    return undefined;
  }
}

/** Test case 16 of the specification of GCM (McGrew and Viega), and that an altered tag is refused. */
function isSound(gcm: DirectGcm): boolean {
  const [key, nonce, about, plain, sealed] = [
    'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    'cafebabefacedbaddecaf888',
    'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
      '76fc6ece0f4e1768cddf8853bb2d551b',
  ].map((digits) => Buffer.from(digits, 'hex')) as [Buffer, Buffer, Buffer, Buffer, Buffer];
  const made = Buffer.alloc(sealed.byteLength);
  gcm.seal(key, nonce, about, plain, made);
  const opened = Buffer.alloc(plain.byteLength);
  if (!made.equals(sealed) || !gcm.open(key, nonce, about, sealed, opened) || !opened.equals(plain)) return false;
  made[made.byteLength - 1]! ^= 1;
  return !gcm.open(key, nonce, about, made, opened);
}

function assertLength(bytes: Uint8Array, length: number): void {
  if (bytes.byteLength !== length) throw new RangeError(`${bytes.byteLength} bytes were given instead of ${length}`);
}

function opensslFailed(): Error {
  return new Error('OpenSSL does not encrypt');
}
