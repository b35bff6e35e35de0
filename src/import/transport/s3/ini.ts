// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// The files of AWS profiles, `~/.aws/credentials` and `~/.aws/config`: sections of names and values.

/** The values of one section. */
export type Section = Readonly<Record<string, string>>;

const SECTION = /^\[\s*(?:profile\s+)?(?:"([^"]*)"|'([^']*)'|([^\]]*?))\s*\]/;
const VALUE = /^([^=\s]+)\s*=\s*(.*)$/;

/** The sections of a file, by the name of their profile: `[name]` and `[profile name]` are the same one. */
export function sectionsOf(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> = {};
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const heading = SECTION.exec(line);
    if (heading !== null) {
      const name = heading[1] ?? heading[2] ?? heading[3] ?? '';
      section = sections.get(name) ?? {};
      sections.set(name, section);
      continue;
    }
    // A line that begins with a blank belongs to the value before it: tables of settings that we do not read.
    const value = /^[\s#;]/.test(line) ? null : VALUE.exec(line);
    if (value !== null) section[value[1]!.toLowerCase()] = value[2]!.replace(/(^|\s)[#;].*$/, '').trim();
  }
  return sections;
}
