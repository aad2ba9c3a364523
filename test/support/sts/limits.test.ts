import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import { expect, test } from '@jest/globals';
import { forAllTests } from '../for-each-test.ts';
import { startSts } from './start-sts.ts';
import { assumeRole, outcomeOf } from './testing/ask.ts';
import { ci, hub, roles, users } from './testing/example-accounts.ts';

const now = new Date();
const sts = forAllTests(() => startSts({ users, roles, now: () => now }));

const violation = (text: string) => `ValidationError 400: 1 validation error detected: ${text}`;
const failed = 'failed to satisfy constraint: Member must';
const namePattern = String.raw`${failed} satisfy regular expression pattern: [\w+=,.@-]*`;

const longTag = (index: number) => ({ Key: `tag${index}`, Value: 'x' });
test.each<[name: string, given: Partial<AssumeRoleCommandInput>, want: string]>([
  ['a missing role: null is said as such', {}, violation(`Value null at 'roleArn' ${failed} not be null`)],
  [
    'a role ARN of 19 characters: lengths come before ARN syntax',
    { RoleArn: 'arn:aws:iam::1:role' },
    violation(`Value 'arn:aws:iam::1:role' at 'roleArn' ${failed} have length greater than or equal to 20`),
  ],
  [
    'an ARN of something else: AWS names the ARN only',
    { RoleArn: 'arn:aws:iam::222222222222:user/hub' },
    'ValidationError 400: arn:aws:iam::222222222222:user/hub is invalid',
  ],
  [
    'a session name of one character: minimum 2',
    { RoleArn: hub.arn, RoleSessionName: 'm' },
    violation(`Value 'm' at 'roleSessionName' ${failed} have length greater than or equal to 2`),
  ],
  [
    'a session name of 65 characters: maximum 64',
    { RoleArn: hub.arn, RoleSessionName: 's'.repeat(65) },
    violation(`Value '${'s'.repeat(65)}' at 'roleSessionName' ${failed} have length less than or equal to 64`),
  ],
  [
    'a session name with markup: the value comes back escaped in XML',
    { RoleArn: hub.arn, RoleSessionName: `<&"'>` },
    violation(`Value '<&"'>' at 'roleSessionName' ${namePattern}`),
  ],
  [
    'a duration of 899 s: minimum 900',
    { RoleArn: hub.arn, DurationSeconds: 899 },
    violation(`Value '899' at 'durationSeconds' ${failed} have value greater than or equal to 900`),
  ],
  [
    'a duration of 43201 s: maximum 43200 whatever the role says',
    { RoleArn: hub.arn, DurationSeconds: 43_201 },
    violation(`Value '43201' at 'durationSeconds' ${failed} have value less than or equal to 43200`),
  ],
  [
    'a duration that is no whole number: it cannot be read at all',
    { RoleArn: hub.arn, DurationSeconds: 900.5 },
    "MalformedInput 400: Invalid integer value at 'durationSeconds'",
  ],
  [
    'an empty external ID: empty is not absent',
    { RoleArn: hub.arn, ExternalId: '' },
    violation(`Value '' at 'externalId' ${failed} have length greater than or equal to 2`),
  ],
  [
    'an external ID of 1225 characters: maximum 1224',
    { RoleArn: hub.arn, ExternalId: 'e'.repeat(1225) },
    violation(`Value '${'e'.repeat(1225)}' at 'externalId' ${failed} have length less than or equal to 1224`),
  ],
  [
    'an external ID with a space: its pattern has : and / beside the characters of names',
    { RoleArn: hub.arn, ExternalId: 'a:/ b' },
    violation(String.raw`Value 'a:/ b' at 'externalId' ${failed} satisfy regular expression pattern: [\w+=,.@:\/-]*`),
  ],
  [
    'a source identity with a slash: the characters of names',
    { RoleArn: hub.arn, SourceIdentity: 'a/b' },
    violation(`Value 'a/b' at 'sourceIdentity' ${namePattern}`),
  ],
  [
    'an MFA code of five digits: a code is secret, so the value is not quoted',
    { RoleArn: hub.arn, SerialNumber: 'arn:aws:iam::1:mfa/x', TokenCode: '12345' },
    violation(`Value at 'tokenCode' ${failed} have length greater than or equal to 6`),
  ],
  [
    'a serial number of eight characters: minimum 9',
    { RoleArn: hub.arn, SerialNumber: 'GAHT1234', TokenCode: '123456' },
    violation(`Value 'GAHT1234' at 'serialNumber' ${failed} have length greater than or equal to 9`),
  ],
  [
    'an empty tag key: members are numbered from 1',
    { RoleArn: hub.arn, Tags: [longTag(1), { Key: '', Value: 'x' }] },
    `ValidationError 400: 2 validation errors detected: Value '' at 'tags.2.member.key' ${failed} have length greater than or equal to 1; Value '' at 'tags.2.member.key' ${failed} satisfy regular expression pattern: ${String.raw`[\p{L}\p{Z}\p{N}_.:/=+\-@]+`}`,
  ],
  [
    'a tag value of 257 characters: maximum 256; the key may have 128',
    { RoleArn: hub.arn, Tags: [{ Key: 'k'.repeat(128), Value: 'v'.repeat(257) }] },
    violation(`Value '${'v'.repeat(257)}' at 'tags.1.member.value' ${failed} have length less than or equal to 256`),
  ],
  [
    'a tag without value: an empty value is legal, none is not',
    { RoleArn: hub.arn, Tags: [{ Key: 'team', Value: undefined }] },
    violation(`Value null at 'tags.1.member.value' ${failed} not be null`),
  ],
  [
    '51 tags: maximum 50',
    { RoleArn: hub.arn, Tags: Array.from({ length: 51 }, (_, index) => longTag(index)) },
    violation(`Value of 51 members at 'tags' ${failed} have length less than or equal to 50`),
  ],
  [
    '11 policy ARNs: maximum 10',
    { RoleArn: hub.arn, PolicyArns: Array.from({ length: 11 }, () => ({ arn: 'arn:aws:iam::aws:policy/X' })) },
    violation(`Value of 11 members at 'policyArns' ${failed} have length less than or equal to 10`),
  ],
  [
    'a policy ARN of 19 characters: minimum 20',
    { RoleArn: hub.arn, PolicyArns: [{ arn: 'arn:aws:iam::aws:pol' }, { arn: 'arn:aws:iam::aws:po' }] },
    violation(
      `Value 'arn:aws:iam::aws:po' at 'policyArns.2.member.arn' ${failed} have length greater than or equal to 20`,
    ),
  ],
  [
    'a policy with a character beyond U+00FF: policies are Latin-1',
    { RoleArn: hub.arn, Policy: '{"Sid":"日"}' },
    violation(
      String.raw`Value '{"Sid":"日"}' at 'policy' ${failed} satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`,
    ),
  ],
  [
    'two broken parameters: one answer names all of them',
    { RoleArn: hub.arn, RoleSessionName: 'm', DurationSeconds: 1 },
    `ValidationError 400: 2 validation errors detected: Value 'm' at 'roleSessionName' ${failed} have length greater than or equal to 2; Value '1' at 'durationSeconds' ${failed} have value greater than or equal to 900`,
  ],
])('refuses %s', async (_, given, want) => {
  expect(await outcomeOf(assumeRole(sts.url, ci, given))).toBe(want);
});
