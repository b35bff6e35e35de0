// Loads code that most processes do without, when it is first asked for.
//
// A process that is short of descriptors for a moment cannot read a module, and Node remembers that by the module's URL for as
// long as the process runs. So each part is one file whose imports are loaded already (rolldown.config.mjs): the file alone can
// fail to be read, and is read under another URL the next time. Nothing is there twice, for a module that could not be read
// was never run. Packages are loaded by `require`, which forgets a file that it could not read.

import { createRequire } from 'node:module';
import { GristmillError } from './errors.js';
import { ioError } from './system-errors.js';

/** Code that is loaded when it is first asked for. */
export interface Part<Exports> {
  /** @throws GristmillError IO_ERROR when it cannot be read; the next call tries again */
  load(): Promise<Exports>;
}

/** @param first loads it the first time: an import that tools can follow. @param url of the same module */
export function part<Exports>(first: () => Promise<Exports>, url: URL): Part<Exports> {
  let failures = 0;
  let loading: Promise<Exports> | undefined;
  const again = (): Promise<Exports> => import(`${url.href}?again=${failures}`);
  return {
    load() {
      loading ??= (failures === 0 ? first() : again()).catch((cause) => {
        failures++;
        loading = undefined;
        throw ioError(cause, 'load', url.pathname);
      });
      return loading;
    },
  };
}

const require = createRequire(import.meta.url);

/** Packages that are loaded later, each with packages that it needs itself. */
const PACKAGES = [['piscina'], ['jiti'], ['aws4fetch'], ['ajv/dist/2020.js'], ['ajv-formats']] as const;

/** The same, but a program installs them only if it uses them; and what they are for. */
const OPTIONAL_PACKAGES = [
  ['@opentelemetry/api', [], 'store.instrument()'],
  ['prom-client', ['tdigest', 'bintrees'], 'store.metricsRegistry()'],
] as const;

// `require` does remember where it did not find a package, or its package.json. So they are found now, and read later.
for (const names of PACKAGES) find(names);

/** Of the optional packages, those that are not installed. */
const missing = new Map<string, string>();
for (const [name, needed, purpose] of OPTIONAL_PACKAGES) {
  try {
    find([name, ...needed]);
  } catch {
    missing.set(name, purpose);
  }
}

/** @param names a package, and those that each needs of the next */
function find(names: readonly string[]): void {
  let from = require;
  for (const name of names) from = createRequire(from.resolve(name));
}

/**
 * A package that most processes do without.
 * @throws GristmillError PACKAGE_NOT_FOUND where an optional one is not installed; IO_ERROR when it cannot be read, and the next
 * call tries again
 */
export function loadPackage<Exports>(
  name: (typeof PACKAGES)[number][0] | (typeof OPTIONAL_PACKAGES)[number][0],
): Exports {
  const purpose = missing.get(name);
  if (purpose !== undefined) {
    const message = `${purpose} needs the package ${name}, which is not installed: npm install ${name}`;
    throw new GristmillError('PACKAGE_NOT_FOUND', message);
  }
  try {
    return require(name) as Exports;
  } catch (cause) {
    throw ioError(cause, 'load package', name);
  }
}
