import { expect, test } from '@jest/globals';
import { toAwsError } from '../../../function/clients/failures.ts';

/** The code in the failure for what a server has answered. */
async function codeOf(name: unknown): Promise<string> {
  const answer = { name, $metadata: { httpStatusCode: 400 }, $response: {} };
  const { failure } = await toAwsError(answer, new AbortController().signal, {});
  return failure.kind === 'refused' ? failure.awsCode : failure.kind;
}

test.each(['AccessDenied', 'Sender.AccessDenied', 'InvalidIdentityTokenException'])('%s is repeated', async (name) => {
  expect(await codeOf(name)).toBe(name);
});

/** A server may answer with what it was sent, where a code belongs. */
test.each([
  ['an access key ID', 'AKIAIOSFODNN7EXAMPLE'],
  ['an access key ID of letters alone', 'ASIAIOSFODNNEXAMPLE'],
  ['a secret access key', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
  ['a token', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln'],
  ['letters and digits', 'Denied4u'],
  ['letters and `_`', 'Access_Denied'],
  ['a long word', 'a'.repeat(65)],
  ['a line break', 'AccessDenied\nx'],
  ['no text', 4],
  ['the name of an error of JavaScript', 'TypeError'],
])('%s is not', async (_, name) => {
  expect(await codeOf(name)).toBe('Unknown');
});
