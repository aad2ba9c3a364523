import { createCipheriv, randomBytes } from 'node:crypto';
import { wrapKey } from '../../../function/sops/age.ts';
import { macOf } from '../../../function/sops/encrypted-value.ts';
import { newAgeKeys } from '../age-keys.ts';

/** A sealed Secret `keys` in `team-a` in which one thing is written otherwise. */
interface SealedDocument {
  readonly name: string;
  readonly text: string;
}

/** How a document is written. `texts` are what the values count as in the MAC. */
interface Written {
  readonly values?: readonly [id: string, secret: string];
  readonly texts?: readonly [id: string, secret: string];
  /** `lastmodified` as it stands, and as sops reads it. */
  readonly time?: readonly [written: string, read: string];
  /** Changes the lines of `sops`. */
  readonly sops?: (lines: string) => string;
  /** Changes the whole text. */
  readonly whole?: (text: string) => string;
}

const TIME = '2026-01-02T03:04:05Z';
const created = (time: string) => `created_at: ${time}, enc: a`;

/**
 * Documents that sops 3.11 refuses for their form alone, since their values and the MAC are right, and such as it opens: whether it does,
 * test/hosts/sops.test.ts asks it.
 */
export async function sealedDocuments(id: string, secret: string) {
  const keys = await newAgeKeys();
  const key = randomBytes(32);
  const wrapped = await wrapKey(key, keys.recipient);
  const seal = (value: string, location: string, type = 'str') => {
    const iv = randomBytes(32);
    const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 }).setAAD(Buffer.from(location));
    const data = Buffer.concat([cipher.update(value), cipher.final()]).toString('base64');
    return `ENC[AES256_GCM,data:${data},iv:${iv.toString('base64')},tag:${cipher.getAuthTag().toString('base64')},type:${type}]`;
  };
  const sealed: readonly [string, string] = [seal(id, 'data:id:'), seal(secret, 'data:secret:')];
  const write = ({ values = sealed, texts = [id, secret], time = [`"${TIME}"`, TIME], sops, whole }: Written) => {
    const age = `    age:\n    - recipient: ${keys.recipient}\n      enc: |\n${wrapped.replaceAll(/^(?=.)/gm, '        ')}`;
    const others = `    lastmodified: ${time[0]}\n    mac: ${seal(macOf(texts, true), time[1])}\n    encrypted_regex: ^(data|stringData)$\n`;
    const lines = `${age}${others}    mac_only_encrypted: true\n    version: 3.11.0\n`;
    const [first, second] = values;
    const head = 'apiVersion: v1\nkind: Secret\nmetadata:\n    name: keys\n    namespace: team-a\n';
    const text = `${head}data:\n    id: ${first}\n    secret: ${second}\nsops:\n${sops === undefined ? lines : changed(lines, sops)}`;
    return whole === undefined ? text : changed(text, whole);
  };

  const also = (line: string): Written => ({ sops: (lines) => `${lines}    ${line}\n` });
  const instead = (name: string, value: string): Written => ({
    sops: (lines) =>
      lines.replace(new RegExp(`^ {4}${name}: .*\n`, 'm'), value === '' ? '' : `    ${name}: ${value}\n`),
  });
  const first = (entry: string): Written => ({ sops: (lines) => lines.replace('age:\n', `age:\n    - ${entry}\n`) });
  const at = (time: string, read = time): Written => ({ time: [time, read] });
  const typed = (type: string, value: string, text: string): Written => ({
    values: [seal(value, 'data:id:', type), sealed[1]],
    texts: [text, secret],
  });
  const badly = (change: (value: string) => string): Written => ({ values: [sealed[0], changed(sealed[1], change)] });
  const label = (line: string): Written => ({
    whole: (text) => text.replace('    name: keys\n', `    name: keys\n    labels:\n        ${line}\n`),
  });

  const refused: Readonly<Record<string, Written>> = {
    'no version': instead('version', ''),
    'an empty version': instead('version', '""'),
    'a version that is null': instead('version', '~'),
    'a version of two numbers': instead('version', '3.11'),
    'a version with a zero in front': instead('version', '3.011.0'),
    'a version without end': instead('version', `${'9'.repeat(20)}.0.0`),
    'a version with an empty addition': instead('version', '3.11.0-'),
    'a version that is a list': instead('version', '[3.11.0]'),
    'a version that is no version': instead('version', 'latest'),
    'a flag in quotes': instead('mac_only_encrypted', '"true"'),
    'a flag in letters of two sizes': instead('mac_only_encrypted', 'tRue'),
    'a flag that is tagged as text': instead('mac_only_encrypted', '!!str true'),
    'month 13': at('2026-13-02T03:04:05Z'),
    'month 0': at('2026-00-02T03:04:05Z'),
    'the 30th of February': at('2026-02-30T03:04:05Z'),
    'the 29th of February 1900': at('1900-02-29T03:04:05Z'),
    'hour 24': at('2026-01-02T24:00:00Z'),
    'minute 60': at('2026-01-02T03:60:05Z'),
    'second 60': at('2026-01-02T03:04:60Z'),
    'a small t': at('2026-01-02t03:04:05Z'),
    'a small z': at('2026-01-02T03:04:05z'),
    'a zone of 25 hours': at('2026-01-02T03:04:05+25:00'),
    'a zone of 61 minutes': at('2026-01-02T03:04:05+23:61'),
    'a time that is a list': at(`["${TIME}"]`, TIME),
    ...Object.fromEntries(
      ['kms', 'gcp_kms', 'azure_kv', 'hc_vault', 'pgp', 'key_groups'].flatMap((name) =>
        ['x', '""', '{}', '1', 'false', '[x]', '[[]]', '!!null x'].map((value) => [
          `${name}: ${value}`,
          also(`${name}: ${value}`),
        ]),
      ),
    ),
    ...Object.fromEntries(
      ['kms', 'gcp_kms', 'azure_kv', 'hc_vault', 'pgp'].flatMap((name) =>
        ['""', '2026-13-02T03:04:05Z', '2026-01-02', `[${TIME}]`].map((time) => [
          `${name} of ${time}`,
          also(`${name}: [{${created(time)}}]`),
        ]),
      ),
    ),
    'an entry for KMS without a time': also('kms: [{arn: a, enc: b}]'),
    'an entry for KMS whose context is text': also(`kms: [{${created(TIME)}, context: x}]`),
    'an entry for KMS with a list in its context': also(`kms: [{${created(TIME)}, context: {a: [b]}}]`),
    'an entry for KMS whose role is a list': also(`kms: [{${created(TIME)}, role: [a]}]`),
    'an entry for Vault whose key is a map': also(`hc_vault: [{${created(TIME)}, key_name: {}}]`),
    'a group whose keys are text': also('key_groups: [{age: x}]'),
    'a group with a key that is a list': also('key_groups: [{age: [{enc: [a]}]}]'),
    'an entry for age that is text': first('x'),
    'an entry for age that is a list': first('[]'),
    'an entry for age whose recipient is a list': first('{recipient: [a]}'),
    'an entry for age whose key is a list': first('{enc: [a]}'),
    'a threshold in quotes': also('shamir_threshold: "1"'),
    'a threshold that is a word': also('shamir_threshold: x'),
    'a threshold that is a list': also('shamir_threshold: []'),
    'a threshold that is too large': also('shamir_threshold: 9223372036854775808'),
    'a suffix that is a list': also('encrypted_suffix: []'),
    'a rule about comments that is a map': also('encrypted_comment_regex: {}'),
    'a merge key that brings a fault': also('<<: {kms: x}'),
    'a list of merge keys': also('<<: [{kms: x}]'),
    'a MAC that is a list': instead('mac', '[a]'),
    'a value of type bytes': typed('bytes', id, id),
    'a value of type time that is a date': typed('time', '2026-01-02', '2026-01-02T00:00:00Z'),
    'a value of type time with short numbers': typed('time', '2026-1-2T3:4:5Z', TIME),
    'a value of type time with a small t': typed('time', '2026-01-02t03:04:05Z', TIME),
    'a value of type time in a zone of a day': typed('time', '2026-01-02T03:04:05+24:00', '2026-01-02T03:04:05+24:00'),
    'a value of type float that is too large': typed('float', '1e+400', '+Inf'),
    'a value of a type in capitals': typed('Str', id, id),
    'base64 without its end': badly((value) => value.replace('=,tag:', ',tag:')),
    'base64 with too much of an end': badly((value) => value.replace('=,tag:', '==,tag:')),
    'base64 with an end in its middle': badly((value) => value.replace(/(?<=iv:..)../, '==')),
    'a tag without its end': badly((value) => value.replace('==,type:', ',type:')),
    'a label that the rule covers': label('data: x'),
    'a label whose name is a number': label('1: x'),
    'a label whose name is nothing': label('~: x'),
  };
  const opened: Readonly<Record<string, Written>> = {
    'as sops writes it': {},
    'an old version': instead('version', '3.7.3'),
    'a version of before its numbers had three parts': instead('version', '1.18'),
    'a version with a letter in front': instead('version', 'v3.11.0'),
    'a version that is not out yet': instead('version', '"3.12.0-rc.1+build.7"'),
    'a flag in capitals': instead('mac_only_encrypted', 'TRUE'),
    'fractions of a second': at('"2026-01-02T03:04:05.678Z"', TIME),
    'a time without quotes': at(TIME),
    'a time in another zone': at('2026-01-02T03:04:05+02:00'),
    'a time in the zone of none': at('2026-01-02T03:04:05-00:00', TIME),
    'the 29th of February 2024': at('2024-02-29T03:04:05Z'),
    'nothing for KMS': also('kms:'),
    'no entry for KMS': also('kms: []'),
    'no groups': also('key_groups: ~'),
    'a key for KMS too': also(`kms: [{${created(TIME)}, arn: a, role: b, aws_profile: "", context: {a: b, c: ~}}]`),
    'a key for PGP too': also(`pgp: [{${created(`"${TIME}"`)}, fp: a}]`),
    'a threshold': also('shamir_threshold: 1'),
    'no threshold': also('shamir_threshold:'),
    'an empty suffix': also('encrypted_suffix: ""'),
    'a suffix that is null': also('unencrypted_suffix:'),
    'a field that sops does not know': also('added: {by: [somebody]}'),
    'an entry for age that is null': first('~'),
    'an entry for age without a key': first('{recipient: a}'),
    'a MAC in quotes': { sops: (lines) => lines.replace(/mac: (.*)/, 'mac: "$1"') },
    'a value of type float': typed('float', '0.5', '0.5'),
    'a value of type time': typed('time', '2026-01-02T03:04:05.5+02:00', '2026-01-02T03:04:05.5+02:00'),
    'a comment in its values': { whole: (text) => text.replace('data:\n', 'data:\n    # mine\n') },
    'a label whose name is a number in quotes': label('"1": x'),
  };
  const documents = (all: Readonly<Record<string, Written>>): SealedDocument[] =>
    Object.entries(all).map(([name, written]) => ({ name, text: write(written) }));
  return { keys, refused: documents(refused), opened: documents(opened) };
}

function changed(text: string, change: (text: string) => string): string {
  const result = change(text);
  if (result === text) throw new Error('a change that changes nothing');
  return result;
}
