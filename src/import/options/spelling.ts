// What the options say about the spelling of sources, as the kernel is told it.

import type { ScanOptions } from '../../kernel/contract.js';
import type { FilledImportOptions } from './resolve.js';

/** The part of the scan options that depends on how sources are spelled and where they may end. */
export type SpellingOptions = Pick<ScanOptions, 'dialect' | 'nonfinite' | 'hasSeparators' | 'openEnd'>;

export function spellingOf({
  dialect,
  nonfinite,
  onTruncated,
  layout,
}: Pick<FilledImportOptions, 'dialect' | 'nonfinite' | 'onTruncated' | 'layout'>): SpellingOptions {
  return {
    ...(dialect !== 'json' && { dialect }),
    ...(nonfinite !== 'reject' && { nonfinite }),
    // RFC 7464 has JSON texts. In the strings of JSON5, the separator is a character like any other.
    hasSeparators: dialect === 'json',
    ...(layout === 'elements' ? { openEnd: 'bare' } : onTruncated === 'keep' && { openEnd: 'cut' }),
  };
}
