// `nested`: records like posts of a social network, ~4 KB each, with a user inside and often another post inside.

import { Dice, permute } from './dice.js';
import { user, userMention } from './nested-user.js';
import { hex, padded, text, word } from './words.js';

const FIRST_POST_MS = 1_400_000_000_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const SOURCES = ['Web Client', 'for iPhone', 'for Android', 'Deck'];
const LANGUAGES = ['en', 'en', 'en', 'ja', 'es', 'de', 'und'];

const dice = new Dice();

/**
 * A time-ordered 64-bit integer: milliseconds above, 22 bits of the permuted ordinal below. Neighbours come slightly
 * out of order; two ordinals that share the low bits are millions apart, so their milliseconds differ.
 */
function idAt(seed: number, ordinal: number): bigint {
  const mixed = permute(ordinal, seed);
  const sinceFirst_ms = ordinal * 40 + (mixed >>> 24);
  return ((BigInt(FIRST_POST_MS + sinceFirst_ms) - 1_288_834_974_657n) << 22n) | BigInt(ordinal & 0x3fffff);
}

export function keyAt(seed: number, ordinal: number): string {
  return String(idAt(seed, ordinal));
}

function createdAt(ordinal: number): string {
  const time = new Date(FIRST_POST_MS + ordinal * 40);
  const clock = `${padded(time.getUTCHours())}:${padded(time.getUTCMinutes())}:${padded(time.getUTCSeconds())}`;
  return `${MONTHS[time.getUTCMonth()]} ${padded(time.getUTCDate())} ${clock} +0000 ${time.getUTCFullYear()}`;
}

function listOf(lengthMax: number, item: () => string): string {
  let items = '';
  for (let index = dice.below(lengthMax + 1); index > 0; index--) items += items === '' ? item() : `,${item()}`;
  return `[${items}]`;
}

function indices(): string {
  const start = dice.below(120);
  return `"indices":[${start},${start + 4 + dice.below(20)}]`;
}

const hashtag = () => `{"text":"${word(dice)}${word(dice)}",${indices()}}`;
const mention = (seed: number) => () => `{${userMention(seed, dice)},${indices()}}`;

function url(): string {
  const code = hex(dice.bits());
  const site = `www.${word(dice)}${word(dice)}.example`;
  return (
    `{"url":"http:\\/\\/s.example\\/${code}","expanded_url":"http:\\/\\/${site}\\/${word(dice)}\\/${dice.below(1e6)}",` +
    `"display_url":"${site}\\/${word(dice)}\\u2026",${indices()}}`
  );
}

function media(id: string): string {
  const address = `pic.example\\/media\\/${hex(dice.bits())}${hex(dice.bits())}.jpg`;
  const width = 400 + dice.below(1_600);
  return (
    `{"id":${id},"id_str":"${id}",${indices()},"media_url":"http:\\/\\/${address}","media_url_https":"https:\\/\\/${address}",` +
    `"type":"photo","sizes":{"medium":{"w":600,"h":${dice.below(900)},"resize":"fit"},"small":{"w":340,"h":${dice.below(600)},"resize":"fit"},` +
    `"thumb":{"w":150,"h":150,"resize":"crop"},"large":{"w":${width},"h":${dice.below(2_000)},"resize":"fit"}},"source_status_id":${id}}`
  );
}

function post(seed: number, ordinal: number, id: string, depth: number): string {
  const reply = dice.chance(25);
  const repliesTo = reply ? keyAt(seed, Math.max(0, ordinal - 1 - dice.below(5_000))) : undefined;
  const source = `<a href=\\"http:\\/\\/social.example\\/download\\" rel=\\"nofollow\\">Social ${dice.oneOf(SOURCES)}<\\/a>`;
  const place = dice.chance(3)
    ? `{"id":"${hex(dice.bits())}${hex(dice.bits())}","full_name":"${text(dice, 2)}","country_code":"US","bounding_box":` +
      `{"type":"Polygon","coordinates":[[[-${dice.below(180)}.${dice.bits()},${dice.below(90)}.${dice.bits()}],[-1.5E1,2.0e+1]]]}}`
    : 'null';
  // The post inside has the id of an earlier one and text of its own; never deeper than one level.
  const original = Math.max(0, ordinal - 1 - dice.below(20_000));
  const repost =
    depth === 0 && dice.chance(70) ? `"reposted_status":${post(seed, original, keyAt(seed, original), 1)},` : '';
  return (
    `{"metadata":{"result_type":"recent","iso_language_code":"${dice.oneOf(LANGUAGES)}"},"created_at":"${createdAt(ordinal)}",` +
    `"id":${id},"id_str":"${id}","text":"${text(dice, 5 + dice.below(20))}","source":"${source}","truncated":false,` +
    `"in_reply_to_status_id":${repliesTo ?? 'null'},"in_reply_to_status_id_str":${reply ? `"${repliesTo}"` : 'null'},` +
    `"user":${user(seed, dice)},"geo":null,"coordinates":null,"place":${place},"contributors":null,${repost}` +
    `"repost_count":${dice.magnitude(4)},"favorite_count":${dice.magnitude(4)},"entities":{"hashtags":${listOf(4, hashtag)},"symbols":${listOf(1, hashtag)},` +
    `"urls":${listOf(1, url)},"user_mentions":${listOf(3, mention(seed))}${dice.chance(25) ? `,"media":[${media(id)}]` : ''}},` +
    `"favorited":false,"reposted":false,"possibly_sensitive":${dice.chance(4)},"lang":"${dice.oneOf(LANGUAGES)}"}`
  );
}

export function recordAt(seed: number, ordinal: number): string {
  dice.start(seed, ordinal);
  return post(seed, ordinal, keyAt(seed, ordinal), 0);
}
