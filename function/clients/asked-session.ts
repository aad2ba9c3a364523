import type { getDefaultRoleAssumer } from '@aws-sdk/client-sts';
import { textAt } from '../model/plain-data.ts';
import { AwsError } from '../model/world.ts';

/** What the SDK adds to a client of STS. */
type Plugin = NonNullable<Parameters<typeof getDefaultRoleAssumer>[1]>[number];

/** Refuses an answer for another role or session than was asked for, also where the SDK's default chain asks. */
export const askedSession: Plugin = {
  applyToStack: (stack) =>
    stack.add(
      (next) => async (asked) => {
        const answer = await next(asked);
        const given = textAt(answer.output, ['AssumedRoleUser', 'Arn']);
        if (given && !isSessionOf(given, asked.input)) throw new AwsError({ kind: 'otherSession' });
        return answer;
      },
      { step: 'initialize' },
    ),
};

/** The ARN of a session has the role's name without its path, though some servers write it with the path (IAM user guide, "IAM ARNs"). */
function isSessionOf(arn: string, asked: object): boolean {
  const [, partition, , , account, role = ''] = (textAt(asked, ['RoleArn']) ?? '').split(':');
  const [, ofPartition, service, , ofAccount, session = ''] = arn.split(':');
  const [kind, ...names] = session.split('/');
  return (
    ofPartition === partition &&
    service === 'sts' &&
    kind === 'assumed-role' &&
    (account === '' || ofAccount === account) && // a server that knows no accounts may write one of its own
    names.at(-1) === textAt(asked, ['RoleSessionName']) &&
    names.at(-2)?.toLowerCase() === role.split('/').at(-1)?.toLowerCase() // names of roles differ in more than case
  );
}
