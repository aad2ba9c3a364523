import { stringify } from 'yaml';
import { ci } from '../accounts.ts';
import { generatorManifest, item, list } from '../manifests.ts';

/** YAML as kyaml writes it, so that kpt has nothing to format. */
function print(manifest: object): string {
  return stringify(manifest, { lineWidth: 0, indentSeq: false });
}

/** What a test chooses of a generator. */
interface GeneratorChoice {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Name of a role of account 123456789012. */
  readonly role?: string;
  /** ARN of its role, instead. */
  readonly roleArn?: string;
  /** The Secret its keys are in; absent, and without `serviceAccountRef` too: the SDK's default chain. */
  readonly keysIn?: string;
  /** The ServiceAccount whose token it takes. */
  readonly serviceAccountRef?: object;
  readonly requestParameters?: object;
}

/** An STSAssumeRoleToken. */
export function generator(choice: GeneratorChoice = {}): string {
  const { name = 'deployer', namespace, labels, annotations, role = 'deployer', keysIn } = choice;
  const { roleArn = `arn:aws:iam::123456789012:role/${role}`, serviceAccountRef, requestParameters } = choice;
  const reference = (key: string) => ({ name: keysIn, key });
  const secretRef = {
    accessKeyIDSecretRef: reference('access-key-id'),
    secretAccessKeySecretRef: reference('secret-access-key'),
  };
  const spec = {
    region: 'eu-west-1',
    role: roleArn,
    ...(serviceAccountRef && { auth: { jwt: { serviceAccountRef } } }),
    ...(keysIn && { auth: { secretRef } }),
    ...(requestParameters && { requestParameters }),
  };
  const more = { ...(namespace && { namespace }), ...(labels && { labels }), ...(annotations && { annotations }) };
  return print(generatorManifest(spec, { name, ...more }));
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

/** What a host sends: these manifests, and an Input of these fields as functionConfig. */
export function resourceList(manifests: readonly string[], fields?: object): string {
  return list(manifests.map(item).join(''), item(input(fields)).replace('- ', 'functionConfig:\n  '));
}

/** The annotation with which kustomize starts a function. */
export function functionAnnotation(path = 'function-sts-assume-role'): Record<string, string> {
  return { 'config.kubernetes.io/function': `exec:\n  path: ${path}\n` };
}

/** Names the Secret `deployer` in each way that a Job can. */
export const JOB = `apiVersion: batch/v1
kind: Job
metadata:
  name: deploy
spec:
  template:
    spec:
      containers:
      - name: deploy
        image: example.org/deploy:1
        envFrom:
        - secretRef:
            name: deployer
        env:
        - name: AWS_SESSION_TOKEN
          valueFrom:
            secretKeyRef:
              name: deployer
              key: session_token
      volumes:
      - name: aws
        secret:
          secretName: deployer
`;
