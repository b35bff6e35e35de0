// HMAC-SHA-256 (RFC 2104, FIPS 180-4) of short messages: the digest of the state of an encrypted store is the sum of one for
// each value (docs/format.md, Sealed index). node:crypto makes an object for each, which takes ten times as long as the digest.
//
// The key is one block before the message and one before the digest of that, so two states are made once for a key. Then a
// message of up to 55 bytes takes two compressions. The file compiles alone (src/store/seal/hmac.ts holds that module).

const BLOCK_BYTES: u32 = 64;
const DIGEST_BYTES: u32 = 32;
/** Bits of a message, which stand at the end of its last block. */
const LENGTH_BYTES: u32 = 8;
const INNER: u8 = 0x36;
const OUTER: u8 = 0x5c;
const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const IV: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
/** The 64 words that the rounds of a block take. */
const WORDS: usize = memory.data(256, 16);
/** The state while a message is hashed. */
const WORKING: usize = memory.data(32, 16);
/** The digest of the key and the message, filled up to a block. */
const DIGEST_BLOCK: usize = memory.data(64, 16);

/** Four words, which stand in memory with their highest byte first. */
// @ts-ignore: decorator
@inline function swapped(four: v128): v128 {
  return i8x16.shuffle(four, four, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

// @ts-ignore: decorator
@inline function word(at: usize, back: usize): u32 {
  return load<u32>(at - 4 * back);
}

function compress(state: usize, block: usize): void {
  for (let at: usize = 0; at < BLOCK_BYTES; at += 16) v128.store(WORDS + at, swapped(v128.load(block + at)));
  const end = WORDS + 256;
  for (let at = WORDS + 64; at < end; at += 4) {
    const x = word(at, 15), y = word(at, 2);
    const s0 = rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >> 3);
    const s1 = rotr<u32>(y, 17) ^ rotr<u32>(y, 19) ^ (y >> 10);
    store<u32>(at, word(at, 16) + s0 + word(at, 7) + s1);
  }
  let a = load<u32>(state), b = load<u32>(state, 4), c = load<u32>(state, 8), d = load<u32>(state, 12);
  let e = load<u32>(state, 16), f = load<u32>(state, 20), g = load<u32>(state, 24), h = load<u32>(state, 28);
  for (let at: usize = 0; at < 256; at += 4) {
    const t1 = h + (rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25)) + (g ^ (e & (f ^ g))) +
      load<u32>(K + at) + load<u32>(WORDS + at);
    const t2 = (rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22)) + ((a & b) | (c & (a | b)));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}

/** The state after the key, each of whose bytes is changed by `mark`. The key is a block: filled up with zeros. */
function afterKey(key: usize, mark: u8, state: usize): void {
  const marks = i8x16.splat(mark);
  for (let at: usize = 0; at < BLOCK_BYTES; at += 16) {
    v128.store(DIGEST_BLOCK + at, v128.xor(v128.load(key + at), marks));
  }
  v128.store(state, v128.load(IV));
  v128.store(state, v128.load(IV, 16), 16);
  compress(state, DIGEST_BLOCK);
}

/** Stores what authenticating begins with, 64 bytes, at `states`; the key stands at `key`, filled up to 64 bytes with zeros. */
export function beginCode(key: usize, states: usize): void {
  afterKey(key, INNER, states);
  afterKey(key, OUTER, states + DIGEST_BYTES);
  // Nothing of the key stays here.
  memory.fill(DIGEST_BLOCK, 0, BLOCK_BYTES);
  memory.fill(WORDS, 0, 256);
}

/**
 * Stores the code of a message of `bytes` bytes at `from`, 32 bytes, at `to`; `states` is what `beginCode` stored. It writes
 * into the 72 bytes that follow the message.
 */
export function codeOf(states: usize, from: usize, bytes: u32, to: usize): void {
  v128.store(WORKING, v128.load(states));
  v128.store(WORKING, v128.load(states, 16), 16);
  const end = padded(from, bytes);
  for (let block = from; block < end; block += BLOCK_BYTES) compress(WORKING, block);
  v128.store(DIGEST_BLOCK, swapped(v128.load(WORKING)));
  v128.store(DIGEST_BLOCK, swapped(v128.load(WORKING, 16)), 16);
  padded(DIGEST_BLOCK, DIGEST_BYTES);
  v128.store(WORKING, v128.load(states, DIGEST_BYTES));
  v128.store(WORKING, v128.load(states, DIGEST_BYTES + 16), 16);
  compress(WORKING, DIGEST_BLOCK);
  v128.store(to, swapped(v128.load(WORKING)));
  v128.store(to, swapped(v128.load(WORKING, 16)), 16);
}

/** Fills up the last block of a message: a bit, zeros, and how many bits the key and the message have. @returns its end */
function padded(from: usize, bytes: u32): usize {
  const whole = (bytes + LENGTH_BYTES + BLOCK_BYTES) / BLOCK_BYTES * BLOCK_BYTES;
  store<u8>(from + bytes, 0x80);
  memory.fill(from + bytes + 1, 0, whole - bytes - 1);
  store<u64>(from + whole - LENGTH_BYTES, bswap<u64>(8 * (<u64>bytes + BLOCK_BYTES)));
  return from + whole;
}
