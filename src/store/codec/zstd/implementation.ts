// store at rest: [frame]; and sources: plan > [map] > scan
//
// Which zstd there is: the package zstd-napi, else Node's own, else WebAssembly (docs/package.md). An install never needs a
// compiler or a download from elsewhere: the first is optional, the others are there.

import { GristmillError } from '../../../base/errors.js';
import type { ZstdName } from '../../../base/import-report.js';
import { loadNapi } from './napi.js';
import { loadNode } from './node.js';
import type { Zstd } from './types.js';
import { loadWasm } from './wasm.js';

/** Names the one to be used, for a test or a comparison. */
export const ZSTD_VARIABLE = 'GRISTMILL_ZSTD';

/** The first that loads is used. */
const LOADERS: { readonly [name in ZstdName]: () => Zstd } = {
  'zstd-napi': loadNapi,
  node: loadNode,
  wasm: loadWasm,
};

let loaded: Zstd | undefined;

/** The same one each time, and in all threads. @throws GristmillError CONFIG_INVALID, IO_ERROR */
export function zstd(): Zstd {
  loaded ??= loadZstd(process.env[ZSTD_VARIABLE] || undefined);
  return loaded;
}

/** @param wanted its name; undefined: the first that there is */
export function loadZstd(wanted: string | undefined): Zstd {
  if (wanted !== undefined && !(wanted in LOADERS)) {
    const names = Object.keys(LOADERS).join(', ');
    throw new GristmillError('CONFIG_INVALID', `variable ${ZSTD_VARIABLE} is ${wanted}. It can be one of ${names}`);
  }
  let cause: unknown;
  for (const [name, loader] of Object.entries(LOADERS)) {
    if (wanted !== undefined && name !== wanted) continue;
    try {
      return loader();
    } catch (error) {
      cause = error;
    }
  }
  const reason = (cause as Error).message.split('\n')[0];
  if (wanted === undefined) throw new GristmillError('IO_ERROR', `cannot load any zstd: ${reason}`, { cause });
  const message = `variable ${ZSTD_VARIABLE} is ${wanted}, which cannot be loaded: ${reason}. Leave the variable out`;
  throw new GristmillError('CONFIG_INVALID', message, { cause });
}
