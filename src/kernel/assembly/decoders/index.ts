// The decoders of compressed sources for which there is no library that works piece by piece: what src/import/codec/ calls.
// An instance is one decoder, of one form, with a memory of its own. Addresses are bytes in that memory.

export { bzip2Bits, bzip2Block, bzip2Checksum, bzip2Input, bzip2InputBytes, bzip2Layout, bzip2Output, bzip2Plain, bzip2Position, bzip2Stand } from './bzip2';
export { crc64 } from './crc64';
export { lzmaChunk, lzmaForget, lzmaInput, lzmaLayout, lzmaPlain, lzmaProperties, lzmaRestart, lzmaStored } from './lzma2';
export { lz4Add, lz4Block, lz4Checksum, lz4FrameChecksum, lz4Input, lz4Layout, lz4Output, lz4Plain, lz4Stored } from './lz4';
