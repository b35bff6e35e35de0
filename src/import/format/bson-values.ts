// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A BSON document as MongoDB Extended JSON, written from its bytes. Numbers are JSON numbers with every digit they have;
// a double has a point, an exponent, or an object of its own (NaN, Infinity). All other types keep their type in an object,
// as in relaxed Extended JSON v2. Members keep their order, and a name that occurs twice occurs twice.

import { QUOTE } from '../../kernel/plain/bytes.js';
import { decimalText } from './decimal128.js';
import type { TextOutput } from './text-output.js';

/** Deeper documents are refused: MongoDB stores 100 levels. */
const DEPTH_MAX = 1000;
/** Milliseconds of the first instant after the year 9999: later dates, and those before 1970, are written as numbers. */
const DATE_TEXT_END = Date.UTC(10_000, 0, 1);

/** Why a document is damaged: the end of a sentence. */
export class BadBson extends Error {}

export class BsonText {
  readonly #text: TextOutput;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #depth = 0;

  constructor(text: TextOutput) {
    this.#text = text;
  }

  /** Writes the document that all of these bytes are. @throws BadBson */
  write(document: Uint8Array): void {
    this.#bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
    this.#at = 0;
    this.#depth = 0;
    this.#document(false);
    if (this.#at !== document.byteLength) throw new BadBson('its members end before it does');
  }

  #document(isArray: boolean): void {
    if (++this.#depth > DEPTH_MAX) throw new BadBson(`it is nested deeper than ${DEPTH_MAX} levels`);
    const from = this.#at;
    const size = this.#int32();
    const end = from + size;
    if (size < 5 || end > this.#bytes.byteLength) throw new BadBson(`a length of ${size} bytes does not fit`);
    const text = this.#text;
    text.ascii(isArray ? '[' : '{');
    for (let members = 0; ; members++) {
      const type = this.#uint8();
      if (type === 0) break;
      if (members > 0) text.ascii(',');
      const name = this.#cString();
      if (!isArray) {
        this.#string(...name);
        text.ascii(':');
      }
      this.#value(type);
    }
    if (this.#at !== end) throw new BadBson('a document inside does not end where its length says');
    text.ascii(isArray ? ']' : '}');
    this.#depth--;
  }

  #value(type: number): void {
    const text = this.#text;
    switch (type) {
      case 0x01:
        return text.ascii(doubleText(this.#bytes.readDoubleLE(this.#take(8))));
      case 0x02:
        return this.#string(...this.#lengthString());
      case 0x03:
      case 0x04:
        return this.#document(type === 0x04);
      case 0x05:
        return this.#binary();
      case 0x06:
        return text.ascii('{"$undefined":true}');
      case 0x07:
        return text.ascii(`{"$oid":"${this.#hex(12)}"}`);
      case 0x08:
        return text.ascii(this.#boolean() ? 'true' : 'false');
      case 0x09:
        return text.ascii(dateText(this.#bytes.readBigInt64LE(this.#take(8))));
      case 0x0a:
        return text.ascii('null');
      case 0x0b:
        return this.#regularExpression();
      case 0x0c:
        return this.#pointer();
      case 0x0d:
      case 0x0e:
        return this.#wrapped(type === 0x0d ? '$code' : '$symbol');
      case 0x0f:
        return this.#codeWithScope();
      case 0x10:
        return text.ascii(String(this.#int32()));
      case 0x11: {
        const at = this.#take(8);
        const [increment, seconds] = [this.#bytes.readUInt32LE(at), this.#bytes.readUInt32LE(at + 4)];
        return text.ascii(`{"$timestamp":{"t":${seconds},"i":${increment}}}`);
      }
      case 0x12:
        return text.ascii(String(this.#bytes.readBigInt64LE(this.#take(8))));
      case 0x13:
        return text.ascii(`{"$numberDecimal":"${decimalText(this.#bytes, this.#take(16))}"}`);
      case 0xff:
        return text.ascii('{"$minKey":1}');
      case 0x7f:
        return text.ascii('{"$maxKey":1}');
      default:
        throw new BadBson(`a value has the unknown type ${type}`);
    }
  }

  #binary(): void {
    let bytes = this.#int32();
    const subType = this.#uint8();
    // The old form has its length twice.
    if (subType === 2) {
      const inner = this.#int32();
      if (inner !== bytes - 4) throw new BadBson('a binary value has two lengths');
      bytes = inner;
    }
    const from = this.#take(bytes);
    const base64 = this.#bytes.toString('base64', from, from + bytes);
    this.#text.ascii(`{"$binary":{"base64":"${base64}","subType":"${subType.toString(16).padStart(2, '0')}"}}`);
  }

  #regularExpression(): void {
    const text = this.#text;
    text.ascii('{"$regularExpression":{"pattern":');
    this.#string(...this.#cString());
    text.ascii(',"options":');
    this.#string(...this.#cString());
    text.ascii('}}');
  }

  #pointer(): void {
    this.#text.ascii('{"$dbPointer":{"$ref":');
    this.#string(...this.#lengthString());
    this.#text.ascii(`,"$id":{"$oid":"${this.#hex(12)}"}}}`);
  }

  #wrapped(name: string): void {
    this.#text.ascii(`{"${name}":`);
    this.#string(...this.#lengthString());
    this.#text.ascii('}');
  }

  #codeWithScope(): void {
    const end = this.#at + this.#int32();
    this.#text.ascii('{"$code":');
    this.#string(...this.#lengthString());
    this.#text.ascii(',"$scope":');
    this.#document(false);
    this.#text.ascii('}');
    if (this.#at !== end) throw new BadBson('code with a scope does not end where its length says');
  }

  #string(from: number, to: number): void {
    this.#text.byte(QUOTE);
    this.#text.inString(this.#bytes, from, to);
    this.#text.byte(QUOTE);
  }

  /** The bytes up to the next zero. */
  #cString(): [number, number] {
    const from = this.#at;
    const end = this.#bytes.indexOf(0, from);
    if (end === -1) throw new BadBson('a name does not end');
    this.#at = end + 1;
    return [from, end];
  }

  /** The bytes of a string that has its length before it. */
  #lengthString(): [number, number] {
    const bytes = this.#int32();
    if (bytes < 1) throw new BadBson(`a string has a length of ${bytes} bytes`);
    const from = this.#take(bytes);
    if (this.#bytes[from + bytes - 1] !== 0) throw new BadBson('a string does not end where its length says');
    return [from, from + bytes - 1];
  }

  #boolean(): boolean {
    const byte = this.#uint8();
    if (byte > 1) throw new BadBson(`a boolean has the byte ${byte}`);
    return byte === 1;
  }

  #hex(bytes: number): string {
    const from = this.#take(bytes);
    return this.#bytes.toString('hex', from, from + bytes);
  }

  #uint8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  #int32(): number {
    return this.#bytes.readInt32LE(this.#take(4));
  }

  /** Steps over bytes. @returns where they begin */
  #take(bytes: number): number {
    const from = this.#at;
    if (bytes < 0 || from + bytes > this.#bytes.byteLength) throw new BadBson('a value goes beyond its end');
    this.#at = from + bytes;
    return from;
  }
}

/** The shortest text that is this double again, and no whole number's. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return `{"$numberDouble":"${value}"}`;
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function dateText(milliseconds: bigint): string {
  const number = Number(milliseconds);
  if (number < 0 || number >= DATE_TEXT_END) return `{"$date":{"$numberLong":"${milliseconds}"}}`;
  return `{"$date":"${new Date(number).toISOString().replace('.000Z', 'Z')}"}`;
}
