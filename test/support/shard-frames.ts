// The frames of all shards of a store, without what stands after them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { ShardReader } from '../../dist/src/store/shards/read.js';

export function framesOf(directory: string): string[] {
  const shards = join(directory, 'shards');
  return readdirSync(shards).map((name) => {
    const reader = ShardReader.open(files, join(shards, name));
    reader.close();
    return readFileSync(join(shards, name)).subarray(0, reader.offsetOf(reader.frames)).toString('base64');
  });
}
