import * as z from 'zod';
import type { CredentialTypes } from './hop.ts';
import type { NamedRef } from './kinds.ts';
import { once, typedKeys } from './plain-data.ts';
import { dataKey, optional, qualifiedName } from './schema-parts.ts';

/** The formats of each type of credentials. `file`: the default key of a format that is one file. */
export const FORMATS = {
  session: {
    keys: {},
    env: {},
    credentialsFile: { file: 'credentials' },
    credentialProcess: { file: 'credentials.json' },
  },
  login: { keys: {}, dockerConfigJson: {} },
} as const satisfies { readonly [G in keyof CredentialTypes]: Readonly<Record<string, { readonly file?: string }>> };

/** The names of the formats of a type of credentials. */
export type FormatOf<G extends keyof CredentialTypes> = keyof (typeof FORMATS)[G];
export type SecretFormat = { [G in keyof CredentialTypes]: FormatOf<G> }[keyof CredentialTypes];

const texts = () => z.record(qualifiedName, z.string());

const sops = () =>
  z.strictObject({
    age: z.array(z.string()).meta({ description: 'Recipients, `age1…`. One identity opens the Secret.' }),
  });

/** One entry of `secrets`: as many Secrets as it has namespaces, with the same session. */
export const secretSpec = once(() =>
  z.strictObject({
    name: optional(z.string(), "Name of the Secret; default: the generator's."),
    namespaces: optional(
      z.array(z.string()).min(1, 'must name at least one namespace'),
      "Namespaces, a Secret in each; default: the generator's.",
    ),
    labels: optional(texts(), 'Labels of the Secret.'),
    annotations: optional(texts(), 'Annotations of the Secret.'),
    format: optional(
      z.enum([...new Set(Object.values(FORMATS).flatMap((formats): SecretFormat[] => typedKeys(formats)))]),
      '`keys`, the default; `env`, variables for a process; `credentialsFile` and `credentialProcess`, one file for the AWS SDKs; `dockerConfigJson`, of an ECRAuthorizationToken alone, for `imagePullSecrets`.',
    ),
    key: optional(
      dataKey,
      'Key of the file in the Secret. Default: `credentials`, or `credentials.json` with `credentialProcess`.',
    ),
    encrypt: optional(
      z.strictObject({ sops: sops() }),
      'Encrypts the values as SOPS does. Absent: base64, which is plain text.',
    ),
  }),
);

export type SecretSpec = z.infer<ReturnType<typeof secretSpec>>;

/** A template, as text or by reference. */
type TemplateText =
  | {
      readonly text: string;
      /** It was read in a Secret: messages do not repeat it. */
      readonly isSecret?: boolean;
    }
  /** One key of a ConfigMap or Secret: its text is not known before it is read. */
  | { readonly from: TemplateOrigin };

/** A key of an object that has a template. */
export type TemplateOrigin = NamedRef & { readonly kind: 'ConfigMap' | 'Secret'; readonly key: string };

/** One template of an ExternalSecret. With a `key` it gives one value; without, keys and values as YAML. */
export type SingleTemplate = TemplateText & {
  /** Where its result goes. */
  readonly target: 'Data' | 'Labels' | 'Annotations';
  readonly key?: string;
  /** Its path in the ExternalSecret, for messages. */
  readonly field: string;
};

/** What an ExternalSecret's template makes of the values of its generators. */
export interface SecretTemplate {
  /** Whether those values are in the Secret beside what templates give. */
  readonly keepsValues: boolean;
  /** The templates in order: a later one wins. */
  readonly templates: readonly SingleTemplate[];
}

/** `20m`, `90s`, `1h` or `33%`. */
const BEFORE = /^(?:[1-9]\d{0,5}[smh]|[1-9]\d?%)$/;

/** When a session is renewed, and what it means if that fails. */
export const renewal = once(() =>
  z.strictObject({
    before: optional(
      z.string().regex(BEFORE, 'must be a time such as "20m" or a share of the lifetime such as "33%"'),
      'How long before its end a session is renewed: `20m`, or a share of its lifetime such as `50%`. Default: a third. Each Secret is renewed up to a tenth earlier, so that not all are due at once.',
    ),
    required: optional(z.boolean(), 'True: a renewal that fails is an error, even while the Secret is still valid.'),
  }),
);

export type Renewal = z.infer<ReturnType<typeof renewal>>;
