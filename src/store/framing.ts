// The layout of records, as stores have it: under its older name, `framing`, and with `lines` for "ndjson" (docs/format.md).
// Stores of every version can be read so.

import type { RecordLayout } from '../kernel/contract.js';

export const FRAMINGS = ['lines', 'values', 'array', 'object'] as const;
export type Framing = (typeof FRAMINGS)[number];

export function framingOf(layout: RecordLayout): Framing {
  return layout === 'ndjson' ? 'lines' : layout;
}

export function layoutOfFraming(framing: Framing): RecordLayout {
  return framing === 'lines' ? 'ndjson' : framing;
}
