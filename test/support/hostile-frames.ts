// zstd frames that no compressor writes.

/** zstd frames by hand: magic number, descriptor, content size, blocks, checksum (of which some are wrong). */
export function rleFrame(claimed: number, bytes: number, fill = 0x31): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32LE(0xfd2fb528, 0);
  // Content size of 8 bytes, single segment, checksum.
  header[4] = 0b1110_0100;
  header.writeBigUInt64LE(BigInt(claimed), 5);
  const blocks: Buffer[] = [];
  for (let left = bytes; left > 0; ) {
    const size = Math.min(left, 128 * 1024);
    left -= size;
    const block = Buffer.alloc(4);
    block.writeUIntLE((size << 3) | (1 << 1) | (left === 0 ? 1 : 0), 0, 3);
    block[3] = fill;
    blocks.push(block);
  }
  return Buffer.concat([header, ...blocks, Buffer.alloc(4)]);
}

export function skippable(bytes: number): Buffer {
  const frame = Buffer.alloc(8 + bytes);
  frame.writeUInt32LE(0x184d2a50, 0);
  frame.writeUInt32LE(bytes, 4);
  return frame;
}
