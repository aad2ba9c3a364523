import { describe, expect, test } from '@jest/globals';
import {
  durationFault,
  externalIDFault,
  type LimitText,
  regionFault,
  roleFault,
} from '../../../function/chain/limits.ts';
import { HOST, render } from '../../../function/findings/say.ts';

const textOf = (fault: LimitText) => fault && render(fault, HOST);

describe('regionFault', () => {
  test.each([
    ...['eu-west-1', 'us-gov-west-1', 'us-iso-east-1', 'us-isob-east-1', 'eu-isoe-west-1', 'cn-north-1'],
    ...['eusc-de-east-1', 'ap-southeast-7', 'me-central-1', 'af-south-1', 'ap-northeast-3', 'us-east-10'],
  ])('accepts %s', (region) => expect(regionFault(region)).toBeUndefined());
  test.each([
    ...['', 'eu-west', 'EU-WEST-1', 'eu-west-1 ', 'eu-west-1\n', 'eu_west_1', 'localhost', 'eu-west-0'],
    ...['eu-west-100', 'eu-west-1.evil', 'a@eu-west-1', 'aws-global', '-eu-west-1', 'eu-west-1/'],
  ])('refuses %j', (region) => expect(textOf(regionFault(region))).toContain('must be an AWS region'));
});

describe('roleFault', () => {
  const aws = { hop: {}, hasCustomEndpoint: false };
  test.each([
    'arn:aws:iam::123456789012:role/a',
    'arn:aws:iam::123456789012:role/path/to/a',
    'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef',
    'arn:aws-cn:iam::123456789012:role/a+=,.@-_',
    'arn:aws-us-gov:iam::123456789012:role/a',
    'arn:aws-eusc:iam::123456789012:role/a',
    `arn:aws:iam::123456789012:role/${'n'.repeat(64)}`,
  ])('accepts %s', (role) => expect(roleFault(role, aws)).toBeUndefined());
  test.each([
    'role/a',
    'arn:aws:iam::123456789012:role/',
    'arn:aws:iam::123456789012:role//a',
    'arn:aws:iam::123456789012:user/a',
    'arn:aws:sts::123456789012:assumed-role/a/b',
    'arn:aws:iam:eu-west-1:123456789012:role/a',
    'arn:aws:iam::12345678901:role/a',
    'arn:aws:iam::*:role/a',
    'arn:aws:iam::123456789012:role/a b',
    'arn:aws:iam::123456789012:role/a:b',
    'arn:aws:iam::123456789012:role/a\n',
    'arn:aws-other:iam::123456789012:role/a',
    'arn:aws:iam::123456789012:role/${account}',
    `arn:aws:iam::123456789012:role/${'n'.repeat(65)}`,
    `arn:aws:iam::123456789012:role/${'p/'.repeat(1100)}a`,
    'arn:aws:iam:::role/a',
  ])('refuses %j', (role) => expect(textOf(roleFault(role, aws))).toContain('must be the ARN of a role'));
  test('accepts a role without account where a test server is asked', () => {
    expect(roleFault('arn:aws:iam:::role/a', { hop: {}, hasCustomEndpoint: true })).toBeUndefined();
  });
});

test.each([
  ['eu-west-1', 'aws', true],
  ['us-gov-east-1', 'aws-us-gov', true],
  ['us-isob-east-1', 'aws-iso-b', true],
  ['us-iso-west-1', 'aws-iso', true],
  ['cn-north-1', 'aws', false],
  ['eu-west-1', 'aws-us-gov', false],
  ['eusc-de-east-1', 'aws-eusc', true],
])('a role of partition %2$s in region %1$s', (region, partition, fits) => {
  const fault = roleFault(`arn:${partition}:iam::123456789012:role/a`, { hop: { region }, hasCustomEndpoint: false });
  if (fits) expect(fault).toBeUndefined();
  else expect(textOf(fault)).toContain('must be in partition');
});

test.each([
  [0, 'remove the field'],
  [-1, 'at least 900'],
  [899, 'at least 900'],
  [900, undefined],
  [43_200, undefined],
  [43_201, 'at most 43200'],
])('a duration of %d', (seconds, want) => {
  const fault = textOf(durationFault(seconds));
  if (want === undefined) expect(fault).toBeUndefined();
  else expect(fault).toContain(want);
});

test.each([
  ['', 'must not be empty'],
  ['a', '2 to 1224'],
  ['ab', undefined],
  ['a_+=,.@:/-Z9', undefined],
  ['a'.repeat(1224), undefined],
  ['a'.repeat(1225), '2 to 1224'],
  ['a b', 'must be of letters'],
  ['grüße', 'must be of letters'],
  ['a\n', 'must be of letters'],
])('external ID %j', (externalID, want) => {
  const fault = textOf(externalIDFault(externalID));
  if (want === undefined) expect(fault).toBeUndefined();
  else expect(fault).toContain(want);
});
