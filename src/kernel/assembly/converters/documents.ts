// BSON documents to lines of JSON. It converts documents that are whole, sound, and of the common types. It stops before any other
// document, and leaves it to the twin (src/import/format/bson-values.ts), which decides about it: it never calls one bad.

import { base64 } from './base64';
import { Layout } from './layout';
import { double, instant, whole } from './numbers';
import { QUOTE, escape, hex, unfit } from './strings';

/** Deeper documents are left to the twin. */
const DEPTH_MAX: u32 = 100;
const DOCUMENT_BYTES_MIN: u32 = 5;
/** The first instant after the year 9999. */
const DATE_TEXT_END: i64 = 253_402_300_800_000;
const NOT_SIMPLE: u32 = 0;

/** Writes ASCII. A literal lies in static memory, two bytes a character. */
@inline function put(text: string): void {
  const from = <u32>changetype<usize>(text);
  const length = <u32>text.length;
  for (let done: u32 = 0; done < length; done += 16) {
    const at = from + 2 * done;
    v128.store(Document.out + done, i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16)));
  }
  Document.out += length;
}

@inline function byte(value: u32): void {
  store<u8>(Document.out++, <u8>value);
}

class Document {
  /** Where the document ends that is read, and the next byte of text goes. */
  static end: u32 = 0;
  static out: u32 = 0;
  static documents: u32 = 0;
}

/** Documents that the last call converted. */
export function documentsConverted(): u32 {
  return Document.documents;
}

/** Converts documents. @returns how many of the bytes they are */
export function documentsConvert(bytes: u32): u32 {
  const end = Layout.input + bytes;
  let at = Layout.input;
  Document.out = Layout.text;
  Document.documents = 0;
  while (end - at >= DOCUMENT_BYTES_MIN) {
    const size = load<u32>(at);
    if (size > end - at) break;
    Document.end = at + size;
    const out = Document.out;
    if (members(at, false, 0) != Document.end) {
      Document.out = out;
      break;
    }
    byte(0x0a);
    Document.documents++;
    at += size;
  }
  Layout.written = Document.out - Layout.text;
  return at - Layout.input;
}

/** Writes the document or array that begins here. @returns where it ends */
function members(from: u32, isArray: bool, depth: u32): u32 {
  if (depth > DEPTH_MAX || Document.end - from < DOCUMENT_BYTES_MIN) return NOT_SIMPLE;
  const size = load<u32>(from);
  if (size < DOCUMENT_BYTES_MIN || size > Document.end - from) return NOT_SIMPLE;
  const end = from + size;
  let at = from + 4;
  byte(isArray ? 0x5b : 0x7b);
  for (let isFirst = true; ; isFirst = false) {
    if (at >= end) return NOT_SIMPLE;
    const type = <u32>load<u8>(at++);
    if (type == 0) break;
    if (!isFirst) byte(0x2c);
    at = isArray ? skipName(at, end) : name(at, end);
    if (at == NOT_SIMPLE) return NOT_SIMPLE;
    at = value(type, at, end, depth);
    if (at == NOT_SIMPLE) return NOT_SIMPLE;
  }
  if (at != end) return NOT_SIMPLE;
  byte(isArray ? 0x5d : 0x7d);
  return at;
}

@inline function skipName(from: u32, end: u32): u32 {
  let at = from;
  while (at < end && load<u8>(at) != 0) at++;
  return at < end ? at + 1 : NOT_SIMPLE;
}

/** Writes the name that ends with the next zero, and a colon. @returns where it ends */
function name(from: u32, end: u32): u32 {
  let at = from;
  let out = Document.out;
  store<u8>(out++, <u8>QUOTE);
  while (at < end) {
    const block = v128.load(at);
    v128.store(out, block);
    const stops = unfit(block);
    if (stops == 0) {
      at += 16;
      out += 16;
      continue;
    }
    const step = ctz(stops);
    at += step;
    out += step;
    if (at >= end) return NOT_SIMPLE;
    const one = <u32>load<u8>(at++);
    if (one == 0) {
      store<u16>(out, 0x3a22);
      Document.out = out + 2;
      return at;
    }
    out = escape(out, one);
  }
  return NOT_SIMPLE;
}

/** Writes the string that has its length before it. @returns where it ends */
function text(from: u32, end: u32): u32 {
  if (end - from < 5) return NOT_SIMPLE;
  const length = load<u32>(from);
  if (length < 1 || length > end - from - 4) return NOT_SIMPLE;
  let at = from + 4;
  const last = at + length - 1;
  if (load<u8>(last) != 0) return NOT_SIMPLE;
  let out = Document.out;
  store<u8>(out++, <u8>QUOTE);
  while (at < last) {
    const block = v128.load(at);
    v128.store(out, block);
    const stops = unfit(block);
    const step: u32 = stops == 0 ? 16 : ctz(stops);
    if (step >= last - at) {
      out += last - at;
      break;
    }
    at += step;
    out += step;
    if (stops != 0) out = escape(out, <u32>load<u8>(at++));
  }
  store<u8>(out, <u8>QUOTE);
  Document.out = out + 1;
  return last + 1;
}

/** Writes a value. @param end of the document that it is in. @returns where it ends */
function value(type: u32, at: u32, end: u32, depth: u32): u32 {
  const left = end - at;
  switch (type) {
    case 0x01:
      if (left < 8) return NOT_SIMPLE;
      Document.out = double(Document.out, load<f64>(at));
      return at + 8;
    case 0x02:
      return text(at, end);
    case 0x03:
    case 0x04:
      return members(at, type == 0x04, depth + 1);
    case 0x05:
      return binary(at, left);
    case 0x07:
      if (left < 12) return NOT_SIMPLE;
      put('{"$oid":"');
      for (let i: u32 = 0; i < 12; i++) hex(Document.out + 2 * i, <u32>load<u8>(at + i));
      Document.out += 24;
      store<u16>(Document.out, 0x7d22);
      Document.out += 2;
      return at + 12;
    case 0x08: {
      const one = left < 1 ? 2 : <u32>load<u8>(at);
      if (one > 1) return NOT_SIMPLE;
      if (one == 1) put('true');
      else put('false');
      return at + 1;
    }
    case 0x09:
      if (left < 8) return NOT_SIMPLE;
      date(load<i64>(at));
      return at + 8;
    case 0x0a:
      put('null');
      return at;
    case 0x10:
      if (left < 4) return NOT_SIMPLE;
      Document.out = whole(Document.out, load<i32>(at));
      return at + 4;
    case 0x11: {
      if (left < 8) return NOT_SIMPLE;
      put('{"$timestamp":{"t":');
      Document.out = whole(Document.out, load<u32>(at + 4));
      put(',"i":');
      Document.out = whole(Document.out, load<u32>(at));
      store<u16>(Document.out, 0x7d7d);
      Document.out += 2;
      return at + 8;
    }
    case 0x12:
      if (left < 8) return NOT_SIMPLE;
      Document.out = whole(Document.out, load<i64>(at));
      return at + 8;
  }
  return NOT_SIMPLE;
}

/** Writes bytes of any kind but the old one, which has its length twice. @returns where they end */
function binary(at: u32, left: u32): u32 {
  if (left < 5) return NOT_SIMPLE;
  const length = load<u32>(at);
  const subType = <u32>load<u8>(at + 4);
  if (length > left - 5 || subType == 2) return NOT_SIMPLE;
  put('{"$binary":{"base64":"');
  Document.out = base64(Document.out, at + 5, length);
  put('","subType":"');
  hex(Document.out, subType);
  Document.out += 2;
  put('"}}');
  return at + 5 + length;
}

function date(milliseconds: i64): void {
  if (milliseconds >= 0 && milliseconds < DATE_TEXT_END) {
    put('{"$date":"');
    Document.out = instant(Document.out, milliseconds);
    store<u16>(Document.out, 0x7d22);
    Document.out += 2;
    return;
  }
  put('{"$date":{"$numberLong":"');
  Document.out = whole(Document.out, milliseconds);
  put('"}}');
}
