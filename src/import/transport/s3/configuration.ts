// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// What the AWS command line is configured with: variables first, then the files of profiles. Credentials that another
// program or server makes (SSO, roles, the metadata of a machine) are not read: `aws configure export-credentials` gives
// them as variables.

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { GristmillError } from '../../../base/errors.js';
import { shellWord } from '../../../base/shell-word.js';
import { ioError, isMissing } from '../../../base/system-errors.js';
import { type Section, sectionsOf } from './ini.js';

export interface Configuration {
  /** Absent: requests are not signed, which public buckets allow. */
  readonly credentials: Credentials | undefined;
  readonly region: string;
  /** The address of a service that is not Amazon's. */
  readonly endpoint: URL | undefined;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

const REGION_DEFAULT = 'us-east-1';
/** What a profile has that gets its keys elsewhere. */
const NOT_READ = [
  'sso_session',
  'sso_start_url',
  'role_arn',
  'credential_process',
  'web_identity_token_file',
  'login_session',
];

/** @throws CONFIG_INVALID, IO_ERROR */
export async function configurationOf(environment: NodeJS.ProcessEnv): Promise<Configuration> {
  const value = (...names: string[]) =>
    names.map((name) => environment[name]).find((text) => text !== undefined && text !== '');
  const ofVariables = keysOf(value('AWS_ACCESS_KEY_ID'), value('AWS_SECRET_ACCESS_KEY'), value('AWS_SESSION_TOKEN'), [
    'the environment',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
  ]);
  const profile = await profileOf(value, environment);
  const { region, endpoint_url: url } = profile.section;
  const endpoint = value('AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL') ?? url;
  return {
    credentials: ofVariables ?? credentialsOf(profile),
    region: value('AWS_REGION', 'AWS_DEFAULT_REGION') ?? region ?? REGION_DEFAULT,
    endpoint: endpoint === undefined ? undefined : endpointOf(endpoint),
  };
}

interface Profile {
  readonly name: string;
  readonly section: Section;
}

/** The profile of both files; a name that nobody asked for may be in neither. */
async function profileOf(
  value: (name: string) => string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Profile> {
  const folder = join(environment.HOME ?? homedir(), '.aws');
  const asked = value('AWS_PROFILE');
  const name = asked ?? 'default';
  const files = [
    value('AWS_CONFIG_FILE') ?? join(folder, 'config'),
    value('AWS_SHARED_CREDENTIALS_FILE') ?? join(folder, 'credentials'),
  ];
  const sections = await Promise.all(files.map(async (file) => sectionsOf(await textOf(file)).get(name)));
  if (asked !== undefined && sections.every((section) => section === undefined)) {
    throw invalid(`AWS_PROFILE is ${asked}, and neither ${files.join(' nor ')} has that profile`);
  }
  return { name, section: { ...sections[0], ...sections[1] } };
}

function credentialsOf({ name, section }: Profile): Credentials | undefined {
  const keys = keysOf(section.aws_access_key_id, section.aws_secret_access_key, section.aws_session_token, [
    `the profile ${name}`,
    'aws_access_key_id',
    'aws_secret_access_key',
  ]);
  const elsewhere = NOT_READ.find((key) => section[key] !== undefined);
  if (keys === undefined && elsewhere !== undefined) {
    const command = `eval "$(aws configure export-credentials --profile ${shellWord(name)} --format env)"`;
    throw invalid(
      `the profile ${name} gets its credentials by ${elsewhere}, and gristmill reads only keys. The AWS command line gives ` +
        `them as variables: ${command}. For a public object, use its https:// address`,
    );
  }
  return keys;
}

function keysOf(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
  [place, id, secret]: [string, string, string],
): Credentials | undefined {
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined) throw invalid(`${secret} is set without ${id} in ${place}: set both`);
  if (secretAccessKey === undefined) throw invalid(`${id} is set without ${secret} in ${place}: set both`);
  return { accessKeyId, secretAccessKey, sessionToken };
}

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw invalid(
      'the endpoint for S3 (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, endpoint_url) is not an http:// or https:// address',
    );
  }
  return url;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const error = ioError(cause, 'read', file);
    if (isMissing(error)) return '';
    throw error;
  }
}

function invalid(what: string): GristmillError {
  return new GristmillError('CONFIG_INVALID', `${what}.`);
}
