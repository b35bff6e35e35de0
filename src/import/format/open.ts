// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// What makes JSON of the bytes of a source: its decoder, its converter, or the converter after the decoder.

import type { Decoder, DecoderFacts } from '../codec/codec.js';
import { decoderNow, loadDecoder } from '../codec/open.js';
import { BsonConverter } from './bson.js';
import { BulkConverter } from './bulk.js';
import type { Coding, FormatName } from './coding.js';
import type { ConverterFacts } from './converter.js';
import { CsvConverter } from './csv.js';

/** What both are made with. */
export type CodingFacts = DecoderFacts & ConverterFacts;

/** Close it after use. Its errors name `facts.path`. */
export async function openCoding(coding: Coding, facts: CodingFacts): Promise<Decoder> {
  if (coding.codec) await loadDecoder(coding.codec);
  return codingNow(coding, facts);
}

/** The same at once. @throws DecoderNotLoaded */
export function codingNow({ codec, format }: Coding, facts: CodingFacts): Decoder {
  const decoder = codec && decoderNow(codec, facts);
  const converter = format && converterOf(format, facts);
  if (decoder && converter) return new Chain(decoder, converter);
  return (decoder ?? converter) as Decoder;
}

function converterOf(format: FormatName, facts: ConverterFacts): Decoder {
  if (format === 'bson') return new BsonConverter(facts);
  return format === 'es-bulk' ? new BulkConverter(facts) : new CsvConverter(facts, format);
}

/** A decoder whose plain bytes another one takes. */
class Chain implements Decoder {
  readonly #first: Decoder;
  readonly #second: Decoder;

  constructor(first: Decoder, second: Decoder) {
    this.#first = first;
    this.#second = second;
  }

  push(input: Uint8Array, out: (plain: Uint8Array) => void): void {
    this.#first.push(input, (plain) => this.#second.push(plain, out));
  }

  end(out: (plain: Uint8Array) => void): void {
    this.#first.end((plain) => this.#second.push(plain, out));
    this.#second.end(out);
  }

  close(): void {
    this.#first.close();
    this.#second.close();
  }
}
