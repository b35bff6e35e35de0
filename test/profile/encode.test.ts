// Goal: a profile comes back from its bytes as it was, equal profiles have equal bytes, and no damaged bytes are taken for a profile.
// Method: profiles of random records there and back; every byte of one replaced, each prefix of it, and texts that are nearly one.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeProfile, encodeProfile } from '../../src/profile/encode.js';
import { EMPTY_PROFILE } from '../../src/profile/merge.js';
import { PlainProfiler } from '../../src/profile/plain/plain.js';
import type { Profile } from '../../src/profile/types.js';
import { runs } from '../support/effort.js';
import { linesOf, records } from '../support/profile-lines.js';

function profileOf(texts: readonly string[]): Profile {
  const profiler = new PlainProfiler();
  profiler.add(linesOf(texts));
  return profiler.take();
}

/** The bytes of the profile that these bytes are; nothing if they are refused. */
function bytesAgain(bytes: Uint8Array): Uint8Array | undefined {
  let profile: Profile;
  try {
    profile = decodeProfile(bytes);
  } catch (error) {
    expect(error).toEqual(refused);
    return undefined;
  }
  return encodeProfile(profile);
}

const refused = expect.objectContaining({ name: 'GristmillError', code: 'CHECKSUM_MISMATCH' });

describe('the bytes of a profile', () => {
  it('are the profile again', () => {
    fc.assert(
      fc.property(records, (texts) => {
        const profile = profileOf(texts);
        expect(decodeProfile(encodeProfile(profile))).toEqual(profile);
      }),
      { numRuns: runs(200) },
    );
    expect(decodeProfile(encodeProfile(EMPTY_PROFILE))).toEqual(EMPTY_PROFILE);
  });

  it('are the same whatever the order in which values and members came', () => {
    const texts = ['{"a":1,"b":"x"}', '{"b":"y","a":2}', '{"c":null}', '{"b":1,"c":3}'];
    const bytes = encodeProfile(profileOf(texts));
    expect(encodeProfile(profileOf(texts.toReversed()))).toEqual(bytes);
  });

  it('are refused, or are another profile, with any byte changed; and are refused if some are missing', () => {
    const many = Array.from({ length: 70 }, (_, i) => `{"id":${i},"b":[1.5,"x",{"c":null}]}`);
    const bytes = encodeProfile(profileOf(many));
    for (let at = 0; at < bytes.length; at++) {
      expect(() => decodeProfile(bytes.subarray(0, at))).toThrow(refused);
      for (const byte of [bytes[at]! ^ 1, bytes[at]! ^ 0x10, 0x22, 0xff]) {
        const changed = new Uint8Array(bytes);
        changed[at] = byte;
        const again = bytesAgain(changed);
        if (again !== undefined) expect(Buffer.compare(again, changed)).toBe(0);
      }
    }
  });

  it.each([
    '',
    '{}',
    '[]',
    'null',
    '{"version":1}',
    '{"version":2,"records":0,"root":{"kinds":[0,0,0,0,0,0,0,0],"repeats":0}}',
  ])('are not %s', (text) => {
    expect(() => decodeProfile(Buffer.from(text))).toThrow(refused);
  });
});
