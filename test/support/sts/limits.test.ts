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

interface Row {
  name: string;
  reason: string;
  given: Partial<AssumeRoleCommandInput>;
  want: string;
}

const longTag = (index: number) => ({ Key: `tag${index}`, Value: 'x' });
test.each<Row>([
  {
    name: 'a missing role',
    reason: 'null is said as such',
    given: {},
    want: violation(`Value null at 'roleArn' ${failed} not be null`),
  },
  {
    name: 'a role ARN of 19 characters',
    reason: 'lengths come before ARN syntax',
    given: { RoleArn: 'arn:aws:iam::1:role' },
    want: violation(`Value 'arn:aws:iam::1:role' at 'roleArn' ${failed} have length greater than or equal to 20`),
  },
  {
    name: 'an ARN of something else',
    reason: 'AWS names the ARN only',
    given: { RoleArn: 'arn:aws:iam::222222222222:user/hub' },
    want: 'ValidationError 400: arn:aws:iam::222222222222:user/hub is invalid',
  },
  {
    name: 'a session name of one character',
    reason: 'minimum 2',
    given: { RoleArn: hub.arn, RoleSessionName: 'm' },
    want: violation(`Value 'm' at 'roleSessionName' ${failed} have length greater than or equal to 2`),
  },
  {
    name: 'a session name of 65 characters',
    reason: 'maximum 64',
    given: { RoleArn: hub.arn, RoleSessionName: 's'.repeat(65) },
    want: violation(`Value '${'s'.repeat(65)}' at 'roleSessionName' ${failed} have length less than or equal to 64`),
  },
  {
    name: 'a session name with markup',
    reason: 'the value comes back escaped in XML',
    given: { RoleArn: hub.arn, RoleSessionName: `<&"'>` },
    want: violation(`Value '<&"'>' at 'roleSessionName' ${namePattern}`),
  },
  {
    name: 'a duration of 899 s',
    reason: 'minimum 900',
    given: { RoleArn: hub.arn, DurationSeconds: 899 },
    want: violation(`Value '899' at 'durationSeconds' ${failed} have value greater than or equal to 900`),
  },
  {
    name: 'a duration of 43201 s',
    reason: 'maximum 43200 whatever the role says',
    given: { RoleArn: hub.arn, DurationSeconds: 43_201 },
    want: violation(`Value '43201' at 'durationSeconds' ${failed} have value less than or equal to 43200`),
  },
  {
    name: 'a duration that is no whole number',
    reason: 'it cannot be read at all',
    given: { RoleArn: hub.arn, DurationSeconds: 900.5 },
    want: "MalformedInput 400: Invalid integer value at 'durationSeconds'",
  },
  {
    name: 'an empty external ID',
    reason: 'empty is not absent',
    given: { RoleArn: hub.arn, ExternalId: '' },
    want: violation(`Value '' at 'externalId' ${failed} have length greater than or equal to 2`),
  },
  {
    name: 'an external ID of 1225 characters',
    reason: 'maximum 1224',
    given: { RoleArn: hub.arn, ExternalId: 'e'.repeat(1225) },
    want: violation(`Value '${'e'.repeat(1225)}' at 'externalId' ${failed} have length less than or equal to 1224`),
  },
  {
    name: 'an external ID with a space',
    reason: 'its pattern has : and / beside the characters of names',
    given: { RoleArn: hub.arn, ExternalId: 'a:/ b' },
    want: violation(
      String.raw`Value 'a:/ b' at 'externalId' ${failed} satisfy regular expression pattern: [\w+=,.@:\/-]*`,
    ),
  },
  {
    name: 'a source identity with a slash',
    reason: 'the characters of names',
    given: { RoleArn: hub.arn, SourceIdentity: 'a/b' },
    want: violation(`Value 'a/b' at 'sourceIdentity' ${namePattern}`),
  },
  {
    name: 'an MFA code of five digits',
    reason: 'a code is secret, so the value is not quoted',
    given: { RoleArn: hub.arn, SerialNumber: 'arn:aws:iam::1:mfa/x', TokenCode: '12345' },
    want: violation(`Value at 'tokenCode' ${failed} have length greater than or equal to 6`),
  },
  {
    name: 'a serial number of eight characters',
    reason: 'minimum 9',
    given: { RoleArn: hub.arn, SerialNumber: 'GAHT1234', TokenCode: '123456' },
    want: violation(`Value 'GAHT1234' at 'serialNumber' ${failed} have length greater than or equal to 9`),
  },
  {
    name: 'an empty tag key',
    reason: 'members are numbered from 1',
    given: { RoleArn: hub.arn, Tags: [longTag(1), { Key: '', Value: 'x' }] },
    want: `ValidationError 400: 2 validation errors detected: Value '' at 'tags.2.member.key' ${failed} have length greater than or equal to 1; Value '' at 'tags.2.member.key' ${failed} satisfy regular expression pattern: ${String.raw`[\p{L}\p{Z}\p{N}_.:/=+\-@]+`}`,
  },
  {
    name: 'a tag value of 257 characters',
    reason: 'maximum 256; the key may have 128',
    given: { RoleArn: hub.arn, Tags: [{ Key: 'k'.repeat(128), Value: 'v'.repeat(257) }] },
    want: violation(
      `Value '${'v'.repeat(257)}' at 'tags.1.member.value' ${failed} have length less than or equal to 256`,
    ),
  },
  {
    name: 'a tag without value',
    reason: 'an empty value is legal, none is not',
    given: { RoleArn: hub.arn, Tags: [{ Key: 'team', Value: undefined }] },
    want: violation(`Value null at 'tags.1.member.value' ${failed} not be null`),
  },
  {
    name: '51 tags',
    reason: 'maximum 50',
    given: { RoleArn: hub.arn, Tags: Array.from({ length: 51 }, (_, index) => longTag(index)) },
    want: violation(`Value of 51 members at 'tags' ${failed} have length less than or equal to 50`),
  },
  {
    name: '11 policy ARNs',
    reason: 'maximum 10',
    given: { RoleArn: hub.arn, PolicyArns: Array.from({ length: 11 }, () => ({ arn: 'arn:aws:iam::aws:policy/X' })) },
    want: violation(`Value of 11 members at 'policyArns' ${failed} have length less than or equal to 10`),
  },
  {
    name: 'a policy ARN of 19 characters',
    reason: 'minimum 20',
    given: { RoleArn: hub.arn, PolicyArns: [{ arn: 'arn:aws:iam::aws:pol' }, { arn: 'arn:aws:iam::aws:po' }] },
    want: violation(
      `Value 'arn:aws:iam::aws:po' at 'policyArns.2.member.arn' ${failed} have length greater than or equal to 20`,
    ),
  },
  {
    name: 'a policy with a character beyond U+00FF',
    reason: 'policies are Latin-1',
    given: { RoleArn: hub.arn, Policy: '{"Sid":"日"}' },
    want: violation(
      String.raw`Value '{"Sid":"日"}' at 'policy' ${failed} satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`,
    ),
  },
  {
    name: 'two broken parameters',
    reason: 'one answer names all of them',
    given: { RoleArn: hub.arn, RoleSessionName: 'm', DurationSeconds: 1 },
    want: `ValidationError 400: 2 validation errors detected: Value 'm' at 'roleSessionName' ${failed} have length greater than or equal to 2; Value '1' at 'durationSeconds' ${failed} have value greater than or equal to 900`,
  },
])('refuses $name: $reason', async ({ given, want }) => {
  expect(await outcomeOf(assumeRole(sts.url, ci, given))).toBe(want);
});
