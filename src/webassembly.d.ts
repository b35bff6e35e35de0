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
  class Instance {
    readonly exports: Record<string, unknown>;
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
  }
}
