// The part of the WebAssembly interface we use: it is in TypeScript's DOM library, which a program for Node does not want.

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    /** Grows by `pages` of 64 KiB; returns the size before, in pages. Views of the old buffer are detached. */
    grow(pages: number): number;
  }
  type Exports = Record<string, unknown>;
  type Imports = Record<string, Record<string, unknown>>;
  class Instance {
    readonly exports: Exports;
    constructor(module: Module, imports?: Imports);
  }
}
