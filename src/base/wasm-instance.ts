// WebAssembly takes address space, not memory: some 8 GiB for each memory, most of it never used. A process with a limit
// on that (`ulimit -v`) is told so, in words.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GristmillError } from './errors.js';
import { ioError } from './system-errors.js';

/** Compiles one of our modules. @throws GristmillError IO_ERROR where it cannot be read, say for want of a descriptor */
export function wasmModule(file: URL): WebAssembly.Module {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw ioError(cause, 'read', fileURLToPath(file));
  }
  return new WebAssembly.Module(bytes);
}

/** @throws GristmillError IO_ERROR where there is no address space left for it */
export function wasmInstance(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Exports {
  try {
    return new WebAssembly.Instance(module, imports).exports;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = `this process has too little address space for WebAssembly. WebAssembly reserves about 8 GiB for each thread: raise the limit (ulimit -v)`;
    throw new GristmillError('IO_ERROR', message, { cause });
  }
}
