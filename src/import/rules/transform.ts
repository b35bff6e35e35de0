// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Option `transform`: the default export of a user's module gets each record and returns what is stored in its place. Its module
// is known by its path and a hash of its bytes and of those that it imports (module-hash.ts), which are part of its URL. So a
// module that has changed is loaded again, and an import with it is another import.

import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { GristmillError } from '../../base/errors.js';
import { shownText } from '../../base/snippet.js';
import { jsonText } from '../../keys/json-text.js';
import { moduleHash } from './module-hash.js';

type Transform = (record: unknown) => unknown;

/** Characters of a user's error that are shown. */
const MESSAGE_MAX = 300;

const loaded = new Map<string, Transform>();

/** The function did not give records. The message says why. */
export class TransformFault extends Error {}

/** @throws TypeError for what is no path of a file */
export function checkTransform(given: string): void {
  if (typeof given !== 'string' || given === '') throw new TypeError('must be the path or file: URL of a module');
}

/** The URL of a module, with its hash. @param given its path or file: URL @throws TypeError if it cannot be read */
export function transformUrl(given: string): string {
  try {
    const url = given.startsWith('file:') ? new URL(given) : pathToFileURL(resolve(given));
    return `${url.href}?sha256=${moduleHash(url)}`;
  } catch (cause) {
    throw new TypeError(`options.transform: ${given} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Runs work when the module that it needs, if any, is loaded in this thread. @throws GristmillError TRANSFORM_NOT_LOADED */
export async function withTransform<T>(url: string | undefined, work: () => T | Promise<T>): Promise<T> {
  if (url !== undefined && !loaded.has(url)) await loadTransform(url);
  return work();
}

async function loadTransform(url: string): Promise<void> {
  const file = fileURLToPath(url);
  const refuse = (why: string, cause?: unknown): never => {
    throw new GristmillError('TRANSFORM_NOT_LOADED', `The module ${file} of option transform ${why}`, { file, cause });
  };
  const module: { readonly default?: unknown } = await import(url).catch((cause: unknown) =>
    refuse(`cannot be loaded: ${messageOf(cause)}`, cause),
  );
  const { default: transform } = module;
  if (typeof transform !== 'function') return refuse('has no function as its default export.');
  if (transform.constructor.name === 'AsyncFunction' || transform.constructor.name === 'AsyncGeneratorFunction') {
    return refuse('has an async function as its default export. It must return its result, and not a promise.');
  }
  loaded.set(url, transform as Transform);
}

/** @param url of a module that has been loaded in this thread */
export function transformAt(url: string): Transform {
  return loaded.get(url) as Transform;
}

/**
 * The texts of the records that a function gives for a record. Undefined if it is one record with the same value: then the
 * record is stored as it is spelled.
 * @throws TransformFault
 */
export function outputsOf(transform: Transform, text: string): readonly string[] | undefined {
  const outputs: string[] = [];
  try {
    const result = transform(JSON.parse(text));
    if (isIterable(result)) for (const one of result) outputs.push(textOf(one));
    else if (result !== undefined) outputs.push(textOf(result));
  } catch (error) {
    if (error instanceof TransformFault) throw error;
    throw new TransformFault(`option transform failed: ${messageOf(error)}`);
  }
  // Parsing loses the spelling of numbers and more, so what is unchanged has to be found out on the way back.
  const isSame = outputs.length === 1 && (outputs[0] === text || outputs[0] === JSON.stringify(JSON.parse(text)));
  return isSame ? undefined : outputs;
}

/** Several records: a generator, a set and so on. An array is one record. */
function isIterable(result: unknown): result is Iterable<unknown> {
  return typeof result === 'object' && result !== null && Symbol.iterator in result && !Array.isArray(result);
}

/** @throws TransformFault for what JSON cannot carry */
function textOf(value: unknown): string {
  if (value instanceof Promise) throw new TransformFault('option transform returned a promise: it must not be async');
  return jsonText(value, 'a record that option transform returned');
}

function messageOf(error: unknown): string {
  return shownText(() => (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_MAX));
}
