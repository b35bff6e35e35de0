// source > plan > map > scan > [key] > frame > shard > verify > merge > publish
//
// Records of a folder without a key path are named by their file. The kernel does that for the records that it accepts; here
// it is done for those that the plain twin accepts.

import type { ScannedRecord, ScanOptions } from '../../kernel/contract.js';
import { encodeKey } from '../../keys/encode.js';
import { pseudonymsOf } from '../../keys/pseudonyms.js';

const LONGEST_NUMBER = '#4294967295';

/** The record under this name, as a member of an object would be. @param secrets of the scan */
export function namedRecord(
  record: ScannedRecord,
  name: string,
  { secrets }: Pick<ScanOptions, 'secrets'>,
): ScannedRecord {
  const whole = encodeKey(name);
  const key = Buffer.from(secrets === undefined ? whole : pseudonymsOf(secrets[0]!).of(whole)).toString('hex');
  return { line: `{"key":${JSON.stringify(name)},"value":${record.line}}`, keys: [[0, key], ...record.keys] };
}

/** Whether the records of this file can be named by its path: with any number after it, the name is no longer than keys may be. */
export function canName(path: string): boolean {
  try {
    encodeKey(`${path}${LONGEST_NUMBER}`);
    return true;
  } catch {
    return false;
  }
}
