// record > [line, keys] > overlay > pages > transaction
//
// What a record is made of before it is stored: its line, as a shard would have it, and its index keys. A value is written
// by JSON.stringify and its keys are looked up in that text (written-values.ts); a text goes through the plain kernel, which keeps
// every token as spelled. Both give what an import of the same text would give.

import { GristmillError } from '../../base/errors.js';
import { DEPTH_DEFAULT, KEYS_PER_RECORD_MAX, RECORD_BYTES_DEFAULT } from '../../base/limits.js';
import { BadReason, type BadReasonName, type ScanOptions } from '../../kernel/contract.js';
import { OPEN_ARRAY, OPEN_OBJECT } from '../../kernel/plain/bytes.js';
import { wholeKeys } from '../../kernel/plain/capture.js';
import { faultyPath } from '../../kernel/plain/faulty-path.js';
import { scanPlain } from '../../kernel/plain/kernel.js';
import { combinations, combinationsOf } from '../../keys/composite.js';
import { decodeKey } from '../../keys/decode.js';
import { compareKeys, encodeKey, type KeyPart, type KeyValue } from '../../keys/encode.js';
import { jsonText } from '../../keys/json-text.js';
import { isCutKey } from '../../keys/key-bytes.js';
import { isComposite, type KeyNames, type Names, namesOf, numbersIn, partsOf } from '../../keys/key-path.js';
import { formatPath } from '../../keys/paths.js';
import type { Pseudonyms } from '../../keys/pseudonyms.js';
import { type HiddenKeys, hiddenKeys } from '../../store/seal/hidden-keys.js';
import type { SealKeys } from '../../store/seal/types.js';
import type { CollectionManifest } from '../../store/types.js';
import { type Found, Route, writtenValues } from './written-values.js';

/** A record about to be stored. */
export interface NewRecord {
  readonly line: string;
  /** Of a record that was changed in a newer shape than it is stored in: what is stored. Absent: the line. */
  readonly kept?: KeptLine | undefined;
  /** Undefined in collections without a key. */
  readonly primary: Uint8Array | undefined;
  /** The encoded key itself, where `primary` is its pseudonym. */
  readonly whole?: Uint8Array | undefined;
  /** The value of the primary key, where it is at hand; decoding it costs as much as encoding. */
  readonly key?: string | number | undefined;
  /** By secondary index, no key twice. */
  readonly secondary: readonly (readonly Uint8Array[])[];
}

/** A line in a shape that is older than that of the collection: it has what the collection does not show any more. */
export interface KeptLine {
  readonly line: string;
  readonly shape: number;
}

/** Its key; undefined in collections without a key. */
export function keyOfRecord({ key, whole, primary }: NewRecord): KeyValue | undefined {
  const encoded = whole ?? primary;
  return key ?? (encoded && decodeKey(encoded));
}

/** Where the keys of a collection's records are. */
export interface KeyPlan {
  readonly kind: CollectionManifest['key']['kind'];
  readonly primary: KeyNames | undefined;
  readonly secondary: readonly KeyNames[];
  /** The pseudonyms of its keys, where they are hidden. */
  readonly hidden?: HiddenKeys | undefined;
  /** Whether null may be a primary key: it may in a record that is stored already. */
  readonly allowsNull?: boolean;
}

/** Two collections have the same plan if these are equal. */
export function planText({ key, secondary, positions, keySalt }: PlanSource): string {
  return JSON.stringify([key, secondary.map(({ path }) => path), positions, keySalt]);
}

type PlanSource = Pick<CollectionManifest, 'name' | 'key' | 'secondary' | 'positions' | 'keySalt'>;

export function keyPlanOf(manifest: PlanSource, seal: SealKeys | undefined): KeyPlan {
  const { key, secondary } = manifest;
  const primary = key.kind === 'path' ? namesOf(key.path) : undefined;
  const hidden = hiddenKeys(seal, manifest);
  return {
    ...{ kind: key.kind, primary, secondary: secondary.map(({ path }) => namesOf(path, numbersIn(manifest))) },
    ...(hidden && { hidden }),
  };
}

/**
 * A record given as a value.
 * @param name its name, where names are the keys.
 * @throws GristmillError BAD_RECORD (reason KEY_MISSING …), KEY_TOO_LONG; TypeError for what JSON has no text for.
 */
export function recordOfValue(value: unknown, plan: KeyPlan, name?: string): NewRecord {
  nameKey(plan, name);
  return recordOfWritten(written(value), plan, name);
}

/** The text of a value that is to be a record. @throws TypeError for what JSON has no text for */
export function written(value: unknown): string {
  return jsonText(value, 'a record');
}

/** A record given as the text that `written` gave. @throws as `recordOfValue` */
export function recordOfWritten(text: string, plan: KeyPlan, name?: string): NewRecord {
  const named = nameKey(plan, name);
  // What may be too deep or too large, or have too many keys, is for the kernel to judge.
  if (text.length > KEYS_PER_RECORD_MAX || (text.length > 2 * DEPTH_DEFAULT && mayBeDeep(text)))
    return recordOfText(text, plan, name);
  const route = routeFor(plan);
  const found = writtenValues(text, route.start, route.paths);
  if (found.some(({ isInexact }) => isInexact)) return recordOfText(text, plan, name);
  let next = 0;
  const partsFor = (key: KeyNames): Found[] => partsOf(key).map(() => found[next++]!);
  const own = plan.primary && partsFor(plan.primary);
  const parts = plan.secondary.map((key) => partsFor(key).map(({ values }) => values));
  if (parts.reduce((sum, lists) => sum + combinations(lists), 1) > KEYS_PER_RECORD_MAX) {
    return recordOfText(text, plan, name);
  }
  const key = own && primaryKey(own, plan.primary!);
  const { primary, whole } = primaryOf(plan, key === undefined ? named : encodeKey(key));
  const isPlain = typeof key === 'string' || Number.isSafeInteger(key);
  const secondary = plan.secondary.map((names, i) => secondaryKeys(names, parts[i]!, plan.hidden?.secondary[i]));
  // All of one shape.
  return {
    line: lineOf(text, plan, name),
    primary,
    whole,
    key: isPlain ? (key as string | number) : undefined,
    secondary,
  };
}

interface PlanRoute {
  /** Of the components of the primary key, then of those of each secondary index. */
  readonly start: Route;
  readonly paths: number;
}

const routes = new WeakMap<KeyPlan, PlanRoute>();

function routeFor(plan: KeyPlan): PlanRoute {
  let known = routes.get(plan);
  if (known === undefined) {
    const paths = [plan.primary ?? [], ...plan.secondary].flatMap((key, i) => {
      return i === 0 && plan.primary === undefined ? [] : partsOf(key);
    });
    known = { start: Route.along(paths), paths: paths.length };
    routes.set(plan, known);
  }
  return known;
}

/** The byte order mark, as a text that was read from a file may begin with it. */
const MARK = '\ufeff';

/**
 * A record given as JSON text, whose tokens are kept as spelled. As in a source, a byte order mark before it is skipped.
 * @throws as `recordOfValue`
 */
export function recordOfText(given: string, plan: KeyPlan, name?: string): NewRecord {
  const text = given.startsWith(MARK) ? given.slice(MARK.length) : given;
  nameKey(plan, name);
  if (!text.isWellFormed()) throw badRecord('BAD_UTF8');
  const bytes = Buffer.from(name === undefined ? text : `${JSON.stringify(name)}:${text}}`);
  const options: ScanOptions = {
    layout: name === undefined ? 'values' : 'object',
    secondary: plan.secondary,
    depthMax: DEPTH_DEFAULT,
    recordBytesMax: RECORD_BYTES_DEFAULT,
    ...(plan.primary && { primary: plan.primary }),
    ...(plan.allowsNull && { allowsNull: true }),
  };
  const { records, bad } = scanPlain(bytes, options);
  if (bad[0] !== undefined) throw badRecord(bad[0].reason, faultyPath(bytes, options, bad[0].reason));
  const [record] = records;
  if (record === undefined || records.length > 1) {
    throw new GristmillError('BAD_RECORD', `the text has ${records.length} records, but it must have one`);
  }
  const primary: Uint8Array[] = [];
  const secondary = plan.secondary.map((): Uint8Array[] => []);
  const keys = [primary, ...secondary];
  for (const [index, hex] of record.keys) keys[index]!.push(Buffer.from(hex, 'hex'));
  return {
    line: record.line,
    ...primaryOf(plan, primary[0]),
    secondary: secondary.map((all, i) => withoutRepetition(hiddenSecondary(plan, i, all, text))),
  };
}

/** The primary key as the index has it. */
function primaryOf({ hidden }: KeyPlan, whole: Uint8Array | undefined): Pick<NewRecord, 'primary' | 'whole'> {
  return hidden === undefined || whole === undefined
    ? { primary: whole }
    : { primary: hidden.primary.of(whole), whole };
}

/** The keys of a secondary index as it has them. @param keys cut where they are longer than keys may be */
function hiddenSecondary({ hidden, secondary }: KeyPlan, i: number, keys: readonly Uint8Array[], text: string) {
  if (hidden === undefined) return keys;
  const whole = keys.some(isCutKey) ? Array.from(wholeKeys(text, secondary[i]!)) : keys;
  return whole.map((key) => hidden.secondary[i]!.of(key));
}

const NO_KEYS: KeyPlan = { kind: 'ordinal', primary: undefined, secondary: [] };

/** The text of any JSON value, checked, without insignificant white space. @throws as `recordOfText` */
export function compactText(text: string): string {
  return recordOfText(text, NO_KEYS).line;
}

/** @param path where the key is that the reason is about, if it is about one */
function badRecord(reason: BadReasonName, path?: Names): GristmillError {
  if (reason === 'RECORD_TOO_LARGE') {
    return new GristmillError(reason, `the record is larger than ${RECORD_BYTES_DEFAULT} bytes; nothing was changed`);
  }
  if (reason === 'KEY_TOO_LONG' || reason === 'KEY_OUT_OF_RANGE') {
    return new GristmillError('KEY_TOO_LONG', `the record ${BadReason[reason]}; nothing was changed`, { reason });
  }
  const at = path === undefined ? '' : ` "${formatPath(path)}"`;
  return new GristmillError('BAD_RECORD', `the record ${describe(reason)}${at}; nothing was changed`, { reason });
}

function describe(reason: BadReasonName): string {
  return reason.startsWith('KEY_') || reason === 'TOO_MANY_KEYS' ? BadReason[reason] : `is bad: ${BadReason[reason]}`;
}

function lineOf(text: string, { kind }: KeyPlan, name: string | undefined): string {
  return kind === 'name' ? `{"key":${JSON.stringify(name)},"value":${text}}` : text;
}

function nameKey({ kind }: KeyPlan, name: string | undefined): Uint8Array | undefined {
  if (kind === 'name') {
    if (typeof name !== 'string')
      throw new TypeError('records of this collection have names: give the name of the record too');
    return encodeKey(name);
  }
  if (name !== undefined) throw new TypeError('records of this collection have no names: leave out the name');
  return undefined;
}

function mayBeDeep(text: string): boolean {
  let brackets = 0;
  for (let i = 0; i < text.length && brackets <= DEPTH_DEFAULT; i++) {
    const code = text.charCodeAt(i);
    if (code === OPEN_ARRAY || code === OPEN_OBJECT) brackets++;
  }
  return brackets > DEPTH_DEFAULT;
}

/** @param parts what the path of each component leads to */
function primaryKey(parts: readonly Found[], names: KeyNames): KeyValue {
  refuse('KEY_MISSING', parts, names, ({ values, isNotScalar }) => values.length === 0 && !isNotScalar);
  refuse('KEY_NOT_SCALAR', parts, names, ({ isNotScalar }) => isNotScalar);
  refuse('KEY_NULL', parts, names, ({ values }) => values[0] === null);
  return isComposite(names) ? parts.map(({ values }) => values[0]!) : parts[0]!.values[0]!;
}

/** @throws GristmillError BAD_RECORD where a component of the key is bad */
function refuse(
  reason: BadReasonName,
  parts: readonly Found[],
  names: KeyNames,
  isBad: (found: Found) => boolean,
): void {
  const bad = parts.findIndex(isBad);
  if (bad !== -1) throw badRecord(reason, partsOf(names)[bad]);
}

/** @param parts the values of each component of the key */
function secondaryKeys(
  names: KeyNames,
  parts: readonly (readonly KeyPart[])[],
  pseudonyms: Pseudonyms | undefined,
): readonly Uint8Array[] {
  const keys = isComposite(names) ? combinationsOf(parts) : parts[0]!;
  const encoded = (key: KeyValue): Uint8Array => pseudonyms?.of(encodeKey(key, 'keep')) ?? encodeKey(key, 'cut');
  return withoutRepetition(Array.from<KeyValue, Uint8Array>(keys, encoded));
}

/** So few keys are compared with each other sooner than they are put into a map. */
const FEW = 8;

function withoutRepetition(keys: readonly Uint8Array[]): readonly Uint8Array[] {
  if (keys.length < 2) return keys;
  if (keys.length <= FEW) return keys.filter((key, i) => keys.findIndex((one) => compareKeys(one, key) === 0) === i);
  const unique = new Map(keys.map((key) => [Buffer.from(key).toString('latin1'), key]));
  return [...unique.values()];
}
