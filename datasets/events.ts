// `events`: what a web site's analytics sends, ~1.5 KB each, keyed by a uuid. Records of one type share their members.

import { Dice } from './dice.js';
import { hex, padded, text, word } from './words.js';

const FIRST_EVENT_MS = Date.UTC(2024, 0, 1);
const SESSIONS_AT_A_TIME = 400;

const TYPES = ['page_view', 'page_view', 'page_view', 'click', 'click', 'search', 'add_to_cart', 'purchase', 'error'];
const BROWSERS = ['Chrome', 'Firefox', 'Safari', 'Edge'];
const SYSTEMS = [
  'Windows NT 10.0; Win64; x64',
  'Macintosh; Intel Mac OS X 10_15_7',
  'X11; Linux x86_64',
  'iPhone; CPU iPhone OS 17_4',
];
const LOCALES = ['en-US', 'de-DE', 'ja-JP', 'pt-BR', 'fr-FR', 'es-MX'];
const CAMPAIGNS = ['spring', 'newsletter', 'brand', 'retarget'];

const dice = new Dice();
const sessionDice = new Dice();

/** A version 4 uuid. It is drawn first after `start`, so the key of a record can be had without the record. */
function uuid(from: Dice): string {
  const middle = hex(from.bits());
  const variant = hex(0x80000000 | (from.bits() >>> 2));
  const digits = `${hex(from.bits())}-${middle.slice(0, 4)}-4${middle.slice(5)}`;
  return `${digits}-${variant.slice(0, 4)}-${variant.slice(4)}${hex(from.bits())}`;
}

export function keyAt(seed: number, ordinal: number): string {
  return uuid(dice.start(seed, ordinal));
}

/** Session, user and context stay the same through a session; a few hundred sessions are going on at any time. */
function sessionMembers(seed: number, number: number): string {
  const from = sessionDice.start(~seed, number);
  const version = 100 + from.below(30);
  const system = from.oneOf(SYSTEMS);
  const browser = from.oneOf(BROWSERS);
  const agent = `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) ${browser}/${version}.0.0.0 Safari/537.36`;
  const wide = 360 + from.below(220) * 8;
  return (
    `"session":{"id":"${uuid(from)}","number":${1 + from.below(90)},"landing":"/${word(from)}/${word(from)}"},` +
    `"user":{"id":${from.below(5_000_000)},"anonymous_id":"${hex(from.bits())}${hex(from.bits())}","traits":{` +
    `"plan":"${from.oneOf(['free', 'team', 'enterprise'])}","company":"${text(from, 2)}","signed_up":${from.chance(60)},` +
    `"lifetime_value":${from.magnitude(5)}.${padded(from.below(100))}}},` +
    `"place":{"city":${from.chance(70) ? `"${text(from, 1)}"` : 'null'},"region":"${word(from)}","postal":"${from.below(100_000)}",` +
    `"at":[${from.below(180_000_000) / 1e6 - 90},${from.below(360_000_000) / 1e6 - 180}]},` +
    `"context":{"ip":"${from.below(256)}.${from.below(256)}.${from.below(256)}.${from.below(256)}",` +
    `"user_agent":"${agent}","locale":"${from.oneOf(LOCALES)}","screen":{"width":${wide},"height":${600 + from.below(900)},` +
    `"density":${1 + from.below(3)},"orientation":"landscape"},"touch":${from.chance(40)},"memory_gb":${2 ** from.below(6)},"campaign":${from.chance(30) ? `{"source":"${word(from)}","name":"${from.oneOf(CAMPAIGNS)}"}` : 'null'},` +
    `"library":{"name":"collect.js","version":"4.${from.below(12)}.${from.below(30)}"},` +
    `"experiments":[${experiments(from)}],"consent":{"analytics":true,"advertising":${from.chance(40)},"version":"2024-01"}}`
  );
}

function experiments(from: Dice): string {
  const one = () =>
    `{"key":"exp_${word(from)}_${from.below(40)}","variant":"${from.oneOf(['control', 'a', 'b'])}","since":${FIRST_EVENT_MS - from.bits()}}`;
  let list = one();
  for (let more = from.below(3); more > 0; more--) list += `,${one()}`;
  return list;
}

function properties(type: string): string {
  const path = `/${word(dice)}/${word(dice)}-${word(dice)}-${dice.below(1e6)}`;
  const page =
    `"path":"${path}","url":"https:\\/\\/shop.example.com${path}?q=${word(dice)}&ref=${hex(dice.bits())}","title":"${text(dice, 5)}",` +
    `"referrer":${dice.chance(50) ? `"https:\\/\\/www.${word(dice)}.example\\/${word(dice)}"` : 'null'},"load_ms":${dice.magnitude(4)},` +
    `"timing":{"dns":${dice.below(90)},"connect":${dice.below(200)},"first_byte":${dice.magnitude(4)},"dom_ready":${dice.magnitude(4)},"largest_paint":${dice.below(1e7) / 1e3}}`;
  if (type === 'click')
    return `${page},"element":{"tag":"a","classes":["${word(dice)}","${word(dice)}"],"x":${dice.below(1920)},"y":${dice.below(4000)}}`;
  if (type === 'search')
    return `${page},"query":"${text(dice, 3)}","results":${dice.magnitude(4)},"filters":["${word(dice)}","${word(dice)}"]`;
  if (type === 'error')
    return `${page},"message":"${text(dice, 9)}","stack":"at ${word(dice)} (${word(dice)}.js:${dice.below(900)}:${dice.below(90)})\\n"`;
  if (type === 'page_view')
    return `${page},"scroll":[${dice.below(100)},${dice.below(100)},${dice.below(100)}],"visible":${dice.chance(90)}`;
  let items = item();
  for (let more = dice.below(4); more > 0; more--) items += `,${item()}`;
  return `${page},"currency":"EUR","items":[${items}]`;
}

function item(): string {
  return `{"sku":"${hex(dice.bits()).toUpperCase()}","name":"${text(dice, 3)}","price":${dice.magnitude(3)}.${padded(dice.below(100))},"quantity":${1 + dice.below(5)}}`;
}

export function recordAt(seed: number, ordinal: number): string {
  // Sessions move on slowly: one more every 12 events.
  const key = uuid(dice.start(seed, ordinal));
  const session = Math.floor(ordinal / 12) + dice.below(SESSIONS_AT_A_TIME);
  const type = dice.oneOf(TYPES);
  const time = new Date(FIRST_EVENT_MS + ordinal * 7 + dice.below(5_000)).toISOString();
  return (
    `{"event_id":"${key}","type":"${type}","ts":"${time}","received_ms":${FIRST_EVENT_MS + ordinal * 7 + 5_000 + dice.below(900)},` +
    `${sessionMembers(seed, session)},"properties":{${properties(type)}},"metrics":[${dice.bits() / 2 ** 32},${-dice.bits() / 2 ** 20},${dice.below(1e4)}e-3]}`
  );
}
