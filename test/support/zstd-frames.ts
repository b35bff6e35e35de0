// zstd frames that are not those of our shards.

import binding from 'zstd-napi/binding.js';

const { EndDirective } = binding;

/** A frame made as a stream: without its size, with the parameters given. */
export function streamed(plain: Buffer, parameters: [binding.CParameter, number][] = []): Buffer {
  const context = new binding.CCtx();
  for (const [parameter, value] of parameters) context.setParameter(parameter, value);
  const target = Buffer.alloc(binding.compressBound(plain.byteLength) + 1024);
  const [, written] = context.compressStream2(target, plain, EndDirective.continue);
  const [left, rest] = context.compressStream2(target.subarray(written), Buffer.alloc(0), EndDirective.end);
  if (left !== 0) throw new Error('the target is too small');
  return target.subarray(0, written + rest);
}

/** A frame that decoders leave out. */
export function skippable(bytes: number, kind = 0): Buffer {
  const frame = Buffer.alloc(8 + bytes, 0x28);
  frame.writeUInt32LE(0x184d2a50 + kind);
  frame.writeUInt32LE(bytes, 4);
  return frame;
}
