// The vocabulary the generators write with. It is itself drawn, from a fixed seed: no word list has to be shipped.

import { Dice, Zipf } from './dice.js';

const VOCABULARY_SEED = 20_24;

function wordsOf(syllables: readonly string[], count: number, syllablesMax: number): string[] {
  const dice = new Dice().start(VOCABULARY_SEED, syllables.length);
  const words = new Set<string>();
  while (words.size < count) {
    let word = dice.oneOf(syllables);
    for (let extra = dice.below(syllablesMax); extra > 0; extra--) word += dice.oneOf(syllables);
    words.add(word);
  }
  // Frequent words are short in every language.
  return [...words].sort((one, other) => one.length - other.length);
}

const plainSyllables =
  'an be co de el fa gri ha in jo ka lo mi na or pe qua ra sta ti un ve wi xa yo ze tion ing ed ly ment stra the sh pl';
const accentedSyllables = 'é ción ão ñe ü ße œu ğa šč ří ęd ła cr mon vil san gr an el or';
const kanaSyllables =
  'の は に を た が で て と し れ さ ある いる も する から な こと よう 日 本 人 東 京 大 学 生 時 間 今 見 行 食 新';

export const plainWords = wordsOf(plainSyllables.split(' '), 4_000, 3);
const accentedWords = wordsOf(accentedSyllables.split(' '), 800, 3);
const kanaWords = wordsOf(kanaSyllables.split(' '), 1_500, 3);
const emoji = ['😀', '🚀', '❤️', '🎉', '👩‍💻', '🔥', '🙏'];
// As other programs spell them: the backslashes are part of the JSON text.
const escapedWords = [
  '\\"quoted\\"',
  '\\n',
  'caf\\u00e9',
  '\\ud83d\\ude80',
  'tab\\tbed',
  'a\\\\b',
  'and\\/or',
  '\\u2026',
];

const plain = new Zipf(plainWords);
const accented = new Zipf(accentedWords);
const kana = new Zipf(kanaWords);

/** One lower-case ASCII word. */
export function word(dice: Dice): string {
  return plain.draw(dice);
}

/** `count` words of one language as the inside of a JSON string: some are escaped, some need several bytes a letter. */
export function text(dice: Dice, count: number): string {
  const language = dice.below(10);
  const vocabulary = language < 5 ? plain : language < 7 ? accented : kana;
  const between = vocabulary === kana ? '' : ' ';
  let written = vocabulary.draw(dice);
  for (let more = 1; more < count; more++) {
    const rare = dice.below(50);
    const next = rare === 0 ? dice.oneOf(escapedWords) : rare === 1 ? dice.oneOf(emoji) : vocabulary.draw(dice);
    written += between + next;
  }
  return written;
}

/** A name to be shown: capitals, sometimes accents. */
export function properName(dice: Dice): string {
  const drawn = (dice.chance(20) ? accented : plain).draw(dice) + plain.draw(dice);
  return drawn.charAt(0).toUpperCase() + drawn.slice(1);
}

const hexDigits = Array.from({ length: 2 ** 16 }, (_, value) => value.toString(16).padStart(4, '0'));

/** Eight hexadecimal digits for each 32 bits. */
export function hex(bits: number): string {
  return hexDigits[bits >>> 16]! + hexDigits[bits & 0xffff]!;
}

const twoDigits = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'));

/** The shortest spelling that is `00` to `99`. */
export function padded(value: number): string {
  return twoDigits[value]!;
}
