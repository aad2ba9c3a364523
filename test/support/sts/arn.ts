/** The parts of an ARN without region, as IAM and STS use them. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  /** Twelve digits; empty in the ARNs of servers that know no accounts. */
  readonly account: string;
  readonly resource: string;
}

const ARN = /^arn:(aws(?:-[a-z]+)*):(iam|sts)::(\d{12})?:(.+)$/;

export function parseArn(text: string): Arn | undefined {
  const [, partition, service, account = '', resource] = ARN.exec(text) ?? [];
  return partition && service && resource ? { partition, service, account, resource } : undefined;
}

/** `arn:…:role/PATH/NAME` → its parts, or undefined for anything that is no role. */
export function parseRoleArn(text: string): (Arn & { readonly roleName: string }) | undefined {
  const arn = parseArn(text);
  const roleName = arn?.resource.split('/').at(-1);
  return arn?.service === 'iam' && arn.resource.startsWith('role/') && roleName ? { ...arn, roleName } : undefined;
}
