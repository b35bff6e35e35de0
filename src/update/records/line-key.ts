// record > [line] > keys
//
// The encoded primary key of a stored line, as the index of its collection has it.

import { encodeKey } from '../../keys/encode.js';
import type { SealKeys } from '../../store/seal/types.js';
import { type LineForm, recordName, recordText } from '../../store/shards/line.js';
import type { CollectionManifest } from '../../store/types.js';
import { keyPlanOf, recordOfText } from './record.js';

/** What gives the encoded primary key of a line. */
export function keyReader(
  manifest: CollectionManifest,
  seal: SealKeys | undefined,
): (line: string, form: LineForm) => Uint8Array {
  const plan = keyPlanOf(manifest, seal);
  const { kind } = manifest.key;
  if (kind === 'name') {
    return (line) => {
      const whole = encodeKey(recordName(line));
      return plan.hidden?.primary.of(whole) ?? whole;
    };
  }
  if (kind === 'ordinal') return () => new Uint8Array();
  return (line, form) =>
    recordOfText(recordText(line, form), { ...plan, secondary: [], allowsNull: true }).primary as Uint8Array;
}
