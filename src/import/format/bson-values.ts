// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A BSON document as MongoDB Extended JSON, written from its bytes. Numbers are JSON numbers with every digit they have;
// a double has a point, an exponent, or an object of its own (NaN, Infinity). All other types keep their type in an object,
// as in relaxed Extended JSON v2. Members keep their order, and a name that occurs twice occurs twice.
//
// This is the specification, and writes every document that the kernel leaves (simd/document-kernel.ts).

import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from '../../kernel/plain/bytes.js';
import { decimalText } from './decimal128.js';
import { doubleText } from './simd/double-text.js';
import type { TextOutput } from './text-output.js';

/** Deeper documents are refused: MongoDB stores 100 levels. */
const DEPTH_MAX = 1000;
/** Milliseconds of the first instant after the year 9999: later dates, and those before 1970, are written as numbers. */
const DATE_TEXT_END = Date.UTC(10_000, 0, 1);

/** The upper half of a whole number that a double holds exactly, at most. */
const HIGH_EXACT = 2 ** 20;

/** Why a document is damaged: the end of a sentence. */
export class BadBson extends Error {}

export class BsonText {
  readonly #text: TextOutput;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #depth = 0;
  /** Where the string is that was found last. */
  #from = 0;
  #to = 0;

  constructor(text: TextOutput) {
    this.#text = text;
  }

  /** Writes the document that all of these bytes are. @throws BadBson */
  write(document: Uint8Array): void {
    this.#bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
    this.#at = 0;
    this.#depth = 0;
    this.#document(false);
    if (this.#at !== document.byteLength) throw new BadBson('its members end before the end that its length says');
  }

  #document(isArray: boolean): void {
    if (++this.#depth > DEPTH_MAX) throw new BadBson(`it is nested deeper than ${DEPTH_MAX} levels`);
    const from = this.#at;
    const size = this.#int32();
    const end = from + size;
    if (size < 5 || end > this.#bytes.byteLength) throw new BadBson(`a length of ${size} bytes does not fit`);
    const text = this.#text;
    text.byte(isArray ? OPEN_ARRAY : OPEN_OBJECT);
    for (let members = 0; ; members++) {
      const type = this.#uint8();
      if (type === 0) break;
      if (members > 0) text.byte(COMMA);
      this.#cString();
      if (!isArray) {
        this.#string();
        text.byte(COLON);
      }
      this.#value(type);
    }
    if (this.#at !== end) throw new BadBson('a document inside does not end where its length says');
    text.byte(isArray ? CLOSE_ARRAY : CLOSE_OBJECT);
    this.#depth--;
  }

  #value(type: number): void {
    const text = this.#text;
    switch (type) {
      case 0x01:
        text.ascii(doubleText(this.#bytes.readDoubleLE(this.#take(8))));
        break;
      case 0x02:
        this.#lengthString();
        this.#string();
        break;
      case 0x03:
      case 0x04:
        this.#document(type === 0x04);
        break;
      case 0x05:
        this.#binary();
        break;
      case 0x06:
        text.ascii('{"$undefined":true}');
        break;
      case 0x07:
        text.ascii(`{"$oid":"${this.#hex(12)}"}`);
        break;
      case 0x08:
        text.ascii(this.#boolean() ? 'true' : 'false');
        break;
      case 0x09:
        text.ascii(dateText(this.#int64()));
        break;
      case 0x0a:
        text.ascii('null');
        break;
      case 0x0b:
        this.#regularExpression();
        break;
      case 0x0c:
        this.#pointer();
        break;
      case 0x0d:
      case 0x0e:
        this.#wrapped(type === 0x0d ? '$code' : '$symbol');
        break;
      case 0x0f:
        this.#codeWithScope();
        break;
      case 0x10:
        text.ascii(String(this.#int32()));
        break;
      case 0x11: {
        const at = this.#take(8);
        const [increment, seconds] = [this.#bytes.readUInt32LE(at), this.#bytes.readUInt32LE(at + 4)];
        text.ascii(`{"$timestamp":{"t":${seconds},"i":${increment}}}`);
        break;
      }
      case 0x12:
        text.ascii(String(this.#int64()));
        break;
      case 0x13:
        text.ascii(`{"$numberDecimal":"${decimalText(this.#bytes, this.#take(16))}"}`);
        break;
      case 0xff:
        text.ascii('{"$minKey":1}');
        break;
      case 0x7f:
        text.ascii('{"$maxKey":1}');
        break;
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
    this.#cString();
    this.#string();
    text.ascii(',"options":');
    this.#cString();
    this.#string();
    text.ascii('}}');
  }

  #pointer(): void {
    this.#text.ascii('{"$dbPointer":{"$ref":');
    this.#lengthString();
    this.#string();
    this.#text.ascii(`,"$id":{"$oid":"${this.#hex(12)}"}}}`);
  }

  #wrapped(name: string): void {
    this.#text.ascii(`{"${name}":`);
    this.#lengthString();
    this.#string();
    this.#text.ascii('}');
  }

  #codeWithScope(): void {
    const end = this.#at + this.#int32();
    this.#text.ascii('{"$code":');
    this.#lengthString();
    this.#string();
    this.#text.ascii(',"$scope":');
    this.#document(false);
    this.#text.ascii('}');
    if (this.#at !== end) throw new BadBson('code with a scope does not end where its length says');
  }

  /** Writes the string that was found last. */
  #string(): void {
    this.#text.byte(QUOTE);
    this.#text.inString(this.#bytes, this.#from, this.#to);
    this.#text.byte(QUOTE);
  }

  /** Finds the string up to the next zero. */
  #cString(): void {
    const bytes = this.#bytes;
    this.#from = this.#at;
    let end = this.#at;
    while (end < bytes.byteLength && bytes[end] !== 0) end++;
    if (end === bytes.byteLength) throw new BadBson('a name does not end');
    this.#to = end;
    this.#at = end + 1;
  }

  /** Finds the string that has its length before it. */
  #lengthString(): void {
    const bytes = this.#int32();
    if (bytes < 1) throw new BadBson(`a string has a length of ${bytes} bytes`);
    this.#from = this.#take(bytes);
    this.#to = this.#at - 1;
    if (this.#bytes[this.#to] !== 0) throw new BadBson('a string does not end where its length says');
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

  /** As a number where that is exact. */
  #int64(): number | bigint {
    const at = this.#take(8);
    const high = this.#bytes.readInt32LE(at + 4);
    if (high >= -HIGH_EXACT && high < HIGH_EXACT) return high * 2 ** 32 + this.#bytes.readUInt32LE(at);
    return this.#bytes.readBigInt64LE(at);
  }

  #int32(): number {
    return this.#bytes.readInt32LE(this.#take(4));
  }

  /** Steps over bytes. @returns where they begin */
  #take(bytes: number): number {
    const from = this.#at;
    if (bytes < 0 || from + bytes > this.#bytes.byteLength)
      throw new BadBson('a value continues after the end of the document');
    this.#at = from + bytes;
    return from;
  }
}

function dateText(milliseconds: number | bigint): string {
  const number = Number(milliseconds);
  if (number < 0 || number >= DATE_TEXT_END) return `{"$date":{"$numberLong":"${milliseconds}"}}`;
  return `{"$date":"${new Date(number).toISOString().replace('.000Z', 'Z')}"}`;
}
