// `flat`: small records like the cities of the world. Neighbours share country, region and time zone, as in such lists,
// and coordinates are strings, as there: short strings that do not repeat are what slows JSON.parse down.

import { Dice, permute } from './dice.js';
import { padded, properName } from './words.js';

// How many records in a row are of one country and of one region: what makes lists of places compress well.
const RECORDS_PER_COUNTRY = 3_000;
const RECORDS_PER_REGION = 60;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const CONTINENTS = ['Africa', 'America', 'Asia', 'Europe', 'Pacific'];

const dice = new Dice();
const regionDice = new Dice();

interface Region {
  readonly number: number;
  readonly latitude: number;
  readonly longitude: number;
  /** The members that all records of the region share, written once. */
  readonly members: string;
}

function regionAt(seed: number, number: number): Region {
  const country = Math.floor((number * RECORDS_PER_REGION) / RECORDS_PER_COUNTRY);
  regionDice.start(~seed, country);
  const code = regionDice.oneOf([...LETTERS]) + regionDice.oneOf([...LETTERS]);
  const timezone = `${regionDice.oneOf(CONTINENTS)}/${properName(regionDice)}`;
  const countryLatitude = regionDice.below(110) - 50;
  const countryLongitude = regionDice.below(340) - 170;
  regionDice.start(~seed, 2 ** 32 + number);
  return {
    number,
    latitude: countryLatitude + regionDice.below(10),
    longitude: countryLongitude + regionDice.below(10),
    members: `"country":"${code}","admin1":"${padded(regionDice.below(100))}","zone":"${timezone}"`,
  };
}

// Records are mostly asked for in order: the last region answers nearly every time.
let last: { readonly seed: number; readonly region: Region } | undefined;

export function keyAt(seed: number, ordinal: number): string {
  return String(permute(ordinal, seed));
}

export function recordAt(seed: number, ordinal: number): string {
  const regionNumber = Math.floor(ordinal / RECORDS_PER_REGION);
  if (last?.seed !== seed || last.region.number !== regionNumber) {
    last = { seed, region: regionAt(seed, regionNumber) };
  }
  const { region } = last;
  dice.start(seed, ordinal);
  // Built by string, not by toFixed: five decimals are cheaper as an integer that is cut in two.
  const name = dice.chance(50) ? `${properName(dice)} ${properName(dice)}` : properName(dice);
  const latitude = `${region.latitude}.${10_000 + dice.below(90_000)}`;
  const longitude = `${region.longitude}.${10_000 + dice.below(90_000)}`;
  const population = dice.chance(60) ? 0 : dice.magnitude(6);
  return (
    `{"id":${permute(ordinal, seed)},"name":"${name}","lat":"${latitude}","lng":"${longitude}",` +
    `${region.members},"admin2":"${dice.below(100_000)}","population":${population}}`
  );
}
