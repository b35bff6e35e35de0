// A text, all of it, to its place.

import type { Output } from '../../terminal/output.js';

export async function writeTo(output: Output, text: string | Uint8Array): Promise<void> {
  try {
    await output.write(text);
    await output.finish();
  } catch (error) {
    await output.discard();
    throw error;
  }
}
