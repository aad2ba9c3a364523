import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { nearestTo } from '../model/meant-kind.ts';
import { locationIn } from '../repository/function-run.ts';
import { describeItem, type Survey } from './survey.ts';

/** What EKS reads on a ServiceAccount (aws/amazon-eks-pod-identity-webhook, README.md). */
export const ROLE = 'eks.amazonaws.com/role-arn';
const ARN = /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;
const MOST_SLIPS = 3;

/** What is wrong with the role that annotations give a ServiceAccount. A variable may stand for anything. */
export function checkRole(annotations: Readonly<Record<string, string>>) {
  const { [ROLE]: role } = annotations;
  if (role !== undefined) {
    if (ARN.test(role) || /[${]/.test(role)) return undefined;
    return {
      key: ROLE,
      cause: `\`${ROLE}\` must be the ARN of a role, such as "arn:aws:iam::123456789012:role/name", got ${quote(role)}`,
    };
  }
  const key = Object.keys(annotations).find((each) => nearestTo(each, [ROLE], () => MOST_SLIPS) !== undefined);
  return key === undefined ? undefined : { key, cause: `EKS reads \`${ROLE}\`, and no annotation ${quote(key)}` };
}

/** ServiceAccounts whose role EKS would not find. */
export function checkAccounts({ repository }: Survey): Finding[] {
  return repository.all.flatMap(({ item, file }) => {
    const fault = item.kind === 'ServiceAccount' ? checkRole(item.annotations) : undefined;
    if (fault === undefined) return [];
    const location = locationIn(file, item, `metadata.annotations.${fault.key}`);
    const message = `${describeItem(item)} has no role of AWS: ${fault.cause}. Correct it.`;
    return [finding('RUNTIME_INCOMPLETE', message, { location })];
  });
}
