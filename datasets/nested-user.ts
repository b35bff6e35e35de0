// The users of `nested`: the same user number always gives the same user, so users come back, the busy ones often.

import { Dice, permute } from './dice.js';
import { hex, padded, properName, text, word } from './words.js';

const USER_COUNT = 200_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const ZONES = ['Tokyo', 'London', 'Pacific Time (US & Canada)', 'Berlin', 'Brasilia'];

const dice = new Dice();

/** The number of the author of something: the product of two even draws favours the low numbers. */
function someUser(from: Dice): number {
  return Math.floor((from.below(USER_COUNT) * from.below(USER_COUNT)) / USER_COUNT);
}

/** Ids of old accounts are small, ids of newer ones 64-bit integers: both occur in one column. */
function userId(seed: number, number: number): string {
  const mixed = permute(number, ~seed);
  return number % 8 === 0 ? `7${String(mixed).padStart(10, '0')}${String(number).padStart(7, '0')}` : String(mixed);
}

function identity(seed: number, number: number): string {
  dice.start(~seed, number);
  const id = userId(seed, number);
  return `"id":${id},"id_str":"${id}","name":"${text(dice, 2)}","screen_name":"${word(dice)}_${word(dice)}${number}"`;
}

/** The members that mention a user inside a text. */
export function userMention(seed: number, from: Dice): string {
  return identity(seed, someUser(from));
}

export function user(seed: number, from: Dice): string {
  const named = identity(seed, someUser(from));
  const colour = () => hex(dice.bits()).slice(2).toUpperCase();
  const flag = (percent: number) => dice.chance(percent);
  const picture = `pic.example\\/profile_images\\/${dice.bits()}\\/${hex(dice.bits())}_normal.jpeg`;
  const background = flag(40)
    ? `bg.example\\/images\\/${dice.bits()}\\/${word(dice)}.png`
    : 'bg.example\\/images\\/themes\\/theme1\\/bg.png';
  const created = `${dice.oneOf(MONTHS)} ${padded(1 + dice.below(28))} ${padded(dice.below(24))}:${padded(dice.below(60))}:11 +0000 ${2007 + dice.below(7)}`;
  const zone = flag(50)
    ? `"utc_offset":${3_600 * (dice.below(24) - 12)},"time_zone":"${dice.oneOf(ZONES)}"`
    : '"utc_offset":null,"time_zone":null';
  const links = flag(30)
    ? `{"url":{"urls":[{"url":"http:\\/\\/s.example\\/${hex(dice.bits())}","indices":[0,22]}]},"description":{"urls":[]}}`
    : '{"description":{"urls":[]}}';
  return (
    `{${named},"location":"${flag(60) ? properName(dice) : ''}","description":"${flag(85) ? text(dice, 4 + dice.below(14)) : ''}",` +
    `"url":null,"entities":${links},"protected":false,"followers_count":${dice.magnitude(6)},"friends_count":${dice.magnitude(4)},` +
    `"listed_count":${dice.magnitude(3)},"created_at":"${created}","favourites_count":${dice.magnitude(5)},${zone},` +
    `"geo_enabled":${flag(30)},"verified":${flag(2)},"statuses_count":${dice.magnitude(6)},"lang":"en","contributors_enabled":false,` +
    `"is_translator":false,"is_translation_enabled":false,"profile_background_color":"${colour()}","profile_background_image_url":"http:\\/\\/${background}",` +
    `"profile_background_image_url_https":"https:\\/\\/${background}","profile_background_tile":${flag(30)},"profile_image_url":"http:\\/\\/${picture}",` +
    `"profile_image_url_https":"https:\\/\\/${picture}","profile_link_color":"${flag(60) ? '0084B4' : colour()}","profile_sidebar_border_color":"${flag(60) ? 'C0DEED' : colour()}",` +
    `"profile_sidebar_fill_color":"${flag(60) ? 'DDEEF6' : colour()}","profile_text_color":"333333","profile_use_background_image":true,"default_profile":${flag(50)},` +
    `"default_profile_image":false,"following":false,"follow_request_sent":false,"notifications":false}`
  );
}
