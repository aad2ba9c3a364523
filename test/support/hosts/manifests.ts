import { stringify } from 'yaml';
import { ci } from '../accounts.ts';

/** YAML as kyaml writes it, so that kpt has nothing to format. */
function print(manifest: object): string {
  return stringify(manifest, { lineWidth: 0, indentSeq: false });
}

/** What a test chooses of a generator. */
interface GeneratorChoice {
  readonly name?: string;
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Name of a role of account 123456789012. */
  readonly role?: string;
  /** The Secret its keys are in; absent: the SDK's default chain. */
  readonly keysIn?: string;
  readonly requestParameters?: object;
}

/** An STSAssumeRoleToken. */
export function generator(choice: GeneratorChoice = {}): string {
  const { name = 'deployer', namespace, annotations, role = 'deployer', keysIn, requestParameters } = choice;
  const reference = (key: string) => ({ name: keysIn, key });
  return print({
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    kind: 'STSAssumeRoleToken',
    metadata: { name, ...(namespace && { namespace }), ...(annotations && { annotations }) },
    spec: {
      region: 'eu-west-1',
      role: `arn:aws:iam::123456789012:role/${role}`,
      ...(keysIn && {
        auth: {
          secretRef: {
            accessKeyIDSecretRef: reference('access-key-id'),
            secretAccessKeySecretRef: reference('secret-access-key'),
          },
        },
      }),
      ...(requestParameters && { requestParameters }),
    },
  });
}

/** The Secret `keys`, with the keys of `ci`. */
export function keysSecret(): string {
  const stringData = { 'access-key-id': ci.accessKeyId, 'secret-access-key': ci.secretAccessKey };
  return print({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, stringData });
}

/** A Kptfile whose pipeline runs `mutators`. */
export function kptfile(...mutators: readonly object[]): string {
  return print({
    apiVersion: 'kpt.dev/v1',
    kind: 'Kptfile',
    metadata: { name: 'package' },
    ...(mutators.length > 0 && { pipeline: { mutators } }),
  });
}

/** Our options object. */
export function input(fields: object = {}, annotations?: Readonly<Record<string, string>>): string {
  return print({
    apiVersion: 'sts.fn.crossplane.io/v1beta1',
    kind: 'Input',
    metadata: { name: 'options', ...(annotations && { annotations }) },
    ...fields,
  });
}

/** The annotation with which kustomize starts a function. */
export function functionAnnotation(path = 'function-sts-assume-role'): Record<string, string> {
  return { 'config.kubernetes.io/function': `exec:\n  path: ${path}\n` };
}
