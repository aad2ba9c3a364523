/** `error` fails the run, `warning` never changes the exit code; `info` is what was asked for, a plan. */
export type Severity = 'error' | 'warning' | 'info';

interface CodeFacts {
  readonly severity: Severity;
  /** What has happened, for docs/errors.md. */
  readonly means: string;
  /** What to do about it, for docs/errors.md. */
  readonly cure: string;
}

/** Every code a finding can have. docs/errors.md is generated from this table. */
export const CODES = {
  INPUT_UNREADABLE: {
    severity: 'error',
    means:
      'Standard input is not one whole ResourceList, or a file that `render` or `plan` was given cannot be read. Nothing is written.',
    cure: 'Run the function through kpt or kustomize, or pipe one ResourceList into it. The message gives line and column, of a file also the number of the document.',
  },
  OUTPUT_UNWRITABLE: {
    severity: 'error',
    means: 'The host stopped reading, or the disk that standard output goes to is full.',
    cure: 'Look at what reads the output; run again.',
  },
  FILE_UNWRITABLE: {
    severity: 'error',
    means:
      '`render -i` cannot write a file. All files are as they were, unless the message names those that were written before it failed.',
    cure: 'Mend the cause that the message names, and run again: what was written is then used again.',
  },
  INSTALL_FAILED: {
    severity: 'error',
    means: '`install` cannot put the executable where it was told. What was there before is as it was.',
    cure: 'Mend the cause that the message names, or name another folder.',
  },
  GENERATOR_NONE: {
    severity: 'warning',
    means:
      'The files that `render` or `plan` was given have no STSAssumeRoleToken, STSSessionToken or ECRAuthorizationToken, nor an Input with `generators`, so there is nothing to do.',
    cure: 'Name the files or folders that have one. Names that begin with a dot, node_modules and symbolic links are left out.',
  },
  SETTING_INVALID: {
    severity: 'error',
    means: 'An environment variable has a value that cannot be used, or asks for what this version does not have.',
    cure: 'Correct or unset the variable that the message names.',
  },
  FUNCTION_CONFIG_INVALID: {
    severity: 'error',
    means: 'The functionConfig is not an Input, a generator or a ConfigMap of known keys, or a part of it is wrong.',
    cure: 'Correct the field that the message names.',
  },
  FUNCTION_CONFIG_WITHOUT_EFFECT: {
    severity: 'warning',
    means: 'Keys of a ConfigMap describe a generator, but `role` is missing, so there is none.',
    cure: 'Add `role`, or drop the other keys.',
  },
  INPUT_UNUSED: {
    severity: 'warning',
    means: 'An Input is among the items but is not the functionConfig.',
    cure: 'Name its file as the functionConfig (`configPath` in a Kptfile, the function annotation in kustomize).',
  },
  POLICY_UNUSED: {
    severity: 'warning',
    means: 'A Policy is among the files that `render` or `plan` was given, and guards nothing there.',
    cure: 'Let STS_FUNCTION_POLICY name its file, as the operator of the run; or leave it out of the package.',
  },
  REFRESHED_TOO_LATE: {
    severity: 'warning',
    means: 'An ExternalSecret would be refreshed by the operator only after its credentials have ended.',
    cure: 'Shorten `refreshInterval`, or remove it where no operator runs.',
  },
  TEMPLATE_INVALID: {
    severity: 'error',
    means: 'A template of an ExternalSecret cannot be rendered, or gives what no Secret can have.',
    cure: 'The message gives line and column. What templates may use is in docs/templates.md.',
  },
  FIELD_IGNORED: {
    severity: 'info',
    means: 'A field of an ExternalSecret has no effect here. Only a plan says so.',
    cure: 'Nothing: where the operator runs, it acts on the field.',
  },
  VALUE_MISSING: {
    severity: 'error',
    means: 'Crossplane: a variable comes from the composite or a label of its namespace, and there is no such value.',
    cure: 'Set the field or label that the message names.',
  },
  VALUE_INVALID: {
    severity: 'error',
    means:
      "Crossplane: a variable's value, from the composite or a label of its namespace, is not of the variable's type.",
    cure: 'Correct the field or label that the message names.',
  },
  SPEC_INVALID: {
    severity: 'error',
    means: 'A generator, a ClusterGenerator or an ExternalSecret has a missing, unknown or wrongly typed field.',
    cure: 'Correct the field that the message names.',
  },
  LIMIT_EXCEEDED: {
    severity: 'error',
    means: 'AWS would refuse the request: a value is outside the limits of STS or ECR.',
    cure: 'Correct the field that the message names.',
  },
  CHAINED_DURATION: {
    severity: 'warning',
    means: 'More than 3600 seconds are asked with keys that may belong to a role session: then AWS refuses the call.',
    cure: 'Ask for at most 3600 seconds, or use long-term keys.',
  },
  NOT_GRANTED: {
    severity: 'error',
    means:
      "A guard does not let this generator have what it asks for (a role of its chain, a token's source, ServiceAccount or audience, the cluster): `allow` of the Input, or the operator's Policy.",
    cure: 'Use what is granted, or ask whoever keeps the grants. All that one generator asks for must be in one grant.',
  },
  SESSION_UNUSED: {
    severity: 'warning',
    means: "An entry of the Input's `sessions` matches no generator.",
    cure: 'Correct its `match`, or remove it.',
  },
  TARGET_CONFLICT: {
    severity: 'error',
    means: 'Two generators want the same Secret, or a generator wants a Secret that a generator reads.',
    cure: 'Rename one of the generators.',
  },
  TARGET_NOT_OURS: {
    severity: 'error',
    means: 'A Secret of the wanted name exists and was not made by this generator. It is never overwritten.',
    cure: 'Delete or rename that Secret, or rename the generator.',
  },
  GENERATOR_GONE: {
    severity: 'warning',
    means:
      'A Secret was made by this function, and its generator is not there any more. Nobody renews it, and nobody deletes it.',
    cure: 'Delete the Secret, or bring the generator back.',
  },
  TARGET_NOT_REPLACEABLE: {
    severity: 'error',
    means: 'The Secret to renew is written with YAML that cannot be rewritten by itself, such as an alias.',
    cure: 'Delete the Secret from the package and run again.',
  },
  REFERENCE_MISSING: {
    severity: 'error',
    means:
      'A Secret, a key in it, a ServiceAccount or its role annotation that the generator needs is not there: not in the ResourceList, nor in the cluster if one is switched on.',
    cure: "Put the object in the package, switch on a cluster that has it, or remove `spec.auth` to use the SDK's default credential chain.",
  },
  CLUSTER_OFF: {
    severity: 'error',
    means: "`auth.jwt` takes a ServiceAccount's token from an API server, and no cluster is switched on.",
    cure: 'Set STS_FUNCTION_CLUSTER to `context:NAME` or `in-cluster`, or `cluster` in an Input.',
  },
  CLUSTER_FORBIDDEN: {
    severity: 'error',
    means: "RBAC does not let the caller read an object, or make a ServiceAccount's token.",
    cure: 'Bind the caller to a Role with the rule that the message gives.',
  },
  CLUSTER_UNAVAILABLE: {
    severity: 'error',
    means: 'The API server could not be asked: kubeconfig, network, certificate, credentials, or its own error.',
    cure: 'The message names the cause. kubectl with the same context meets it too.',
  },
  TOKEN_REFUSED: {
    severity: 'error',
    means: "A ServiceAccount's token would be one that the API server takes, so it is not sent to STS.",
    cure: "Use the audience of IAM's OIDC provider, `sts.amazonaws.com` by default.",
  },
  SECRET_SEALED: {
    severity: 'error',
    means: 'A referenced Secret is encrypted by SOPS and cannot be opened.',
    cure: 'The message names the cause. `sops decrypt` with the same SOPS_AGE_KEY or SOPS_AGE_KEY_FILE meets it too.',
  },
  CREDENTIAL_MALFORMED: {
    severity: 'error',
    means: 'A value in a referenced Secret cannot be a key: empty, not base64, encrypted, or with white space in it.',
    cure: 'Write the value again without a trailing newline: for `data`, `printf %s "$KEY" | base64 -w0`.',
  },
  TOKEN_MISSING: {
    severity: 'error',
    means: 'The identity of an entry of the Input has no token: the file, variable or workflow it names gives none.',
    cure: 'The message names the source and what to set there.',
  },
  NO_CREDENTIALS: {
    severity: 'error',
    means: "The generator has no `spec.auth`, and the SDK's default chain found no credentials.",
    cure: 'Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run where a role is attached, or add `spec.auth.secretRef`.',
  },
  KEYS_TEMPORARY: {
    severity: 'error',
    means:
      "An STSSessionToken is asked for with keys of a session: AWS gives a session token to a user's long-term keys only. AWS was not asked.",
    cure: 'Use STSAssumeRoleToken, or long-term keys.',
  },
  CREDENTIALS_REFUSED: {
    severity: 'error',
    means: 'AWS does not accept the keys the request was signed with, or the token.',
    cure: "Check that the keys exist, have not expired, and are written without white space; temporary keys need their session token. RequestExpired, or SignatureDoesNotMatch with the right keys: set the machine's clock. InvalidIdentityToken was tried five times: AWS also says it while it cannot fetch the issuer's keys.",
  },
  OTHER_ACCOUNT: {
    severity: 'error',
    means: 'Whoever asks is not of the account that `expectAccount` of the Input names. No role was assumed.',
    cure: 'Give the run the credentials that were meant, or correct `expectAccount`.',
  },
  HOP_DENIED: {
    severity: 'error',
    means: 'AWS does not let the caller assume the role, or have the token: AccessDenied.',
    cure: "Let the role's trust policy name the caller (and the external ID, if it asks for one), and let the caller's own policy allow sts:AssumeRole on the role. More below, under what AWS answers.",
  },
  HOP_REFUSED: {
    severity: 'error',
    means: 'AWS refuses the request for another reason than access.',
    cure: "The message names AWS's code; what is known of it is below, under what AWS answers.",
  },
  RENEWAL_FAILED: {
    severity: 'warning',
    means: 'A Secret is to be renewed and that failed, but it is still valid: it stays as it is.',
    cure: 'Mend the cause that the message names before the Secret expires, or set `renew.required` to make this an error.',
  },
  STS_UNAVAILABLE: {
    severity: 'error',
    means:
      "STS, or the registry, could not be reached, its certificate is not trusted, it throttled the calls or failed on all of five attempts, or an error has no code of AWS, as a proxy's page.",
    cure: 'Run again later; check proxy and endpoint settings.',
  },
  STS_MALFORMED: {
    severity: 'error',
    means:
      'The answer is not one of STS, or of the registry (a redirection is not followed), or holds characters that no key has.',
    cure: 'Check which server the endpoint settings name.',
  },
  PLAN: {
    severity: 'info',
    means:
      'STS_FUNCTION_MODE is `plan`: what a run would do about one Secret. Nobody was asked for anything, and no item was changed.',
    cure: 'Unset STS_FUNCTION_MODE to do it.',
  },
  PLAINTEXT: {
    severity: 'warning',
    means: 'A Secret is written into a file of the package, with credentials in plain text. Base64 is plain text.',
    cure: 'Encrypt it (`encrypt` in an Input), keep the file out of git, or render to standard output (`-o unwrap`): the function cannot see whether you do. A Policy can refuse it.',
  },
  PLACEHOLDERS: {
    severity: 'warning',
    means:
      'STS_FUNCTION_MODE is `placeholder`, or `--placeholder` was given: new Secrets were filled with placeholders, for a preview.',
    cure: 'Run without it to mint; a placeholder is then replaced.',
  },
  CLOCK_WRONG: {
    severity: 'warning',
    means: "By this machine's clock a session had ended when it came. It is emitted, and the next run renews it.",
    cure: "Set the machine's clock.",
  },
  DEADLINE_PASSED: {
    severity: 'error',
    means: 'The run took longer than STS_FUNCTION_TIMEOUT: somebody did not answer, or too slowly.',
    cure: 'Raise STS_FUNCTION_TIMEOUT; kpt ends a function after five minutes.',
  },
  FUNCTION_NOT_STARTED: {
    severity: 'error',
    means:
      '`doctor`: a host is called in a way in which it never starts the function, and some of them say nothing about it.',
    cure: 'Call it as the message says.',
  },
  FUNCTION_NOT_FOUND: {
    severity: 'error',
    means:
      '`doctor`: the executable is not where a Kptfile, an annotation or kustomize looks for it, or may not be executed.',
    cure: 'Put it there with `install`, as the message says.',
  },
  FUNCTION_IN_CONTAINER: {
    severity: 'warning',
    means:
      '`doctor`: the function is to run in a container, which kpt and kustomize give neither an environment nor a network.',
    cure: 'Start it with `exec`.',
  },
  GENERATOR_APPLIED: {
    severity: 'warning',
    means: '`doctor`: `kpt live apply` sends generators to the cluster, which may not know their kind.',
    cure: 'Give them the annotation `config.kubernetes.io/local-config: "true"`.',
  },
  SECRET_DUPLICATED: {
    severity: 'error',
    means:
      '`doctor`: selectors of a Kptfile keep the earlier Secret from the function, so that each render adds another one.',
    cure: 'Remove the selectors, or select Secrets too.',
  },
  SECRET_NOT_RENAMED: {
    severity: 'warning',
    means:
      '`doctor`: a transformer runs after kustomize has changed names, so nothing that refers to its Secret is renamed, and it has no hash.',
    cure: 'Start the function under `generators`, or change names in an overlay.',
  },
  SECRET_ROLLS_OUT: {
    severity: 'warning',
    means: "`doctor`: the hash in a Secret's name changes with each session, so each build rolls out whatever uses it.",
    cure: 'Take the annotation away, where the workload reads a mounted file.',
  },
  CREDENTIALS_KEPT: {
    severity: 'error',
    means: '`doctor`: Argo CD, or a cache, keeps credentials in plain text where they were never meant to be.',
    cure: 'Let a job render and apply what has credentials, outside of it; or encrypt them.',
  },
  POLICY_ABSENT: {
    severity: 'warning',
    means:
      '`doctor`: this machine, or server, runs packages of many authors, and nothing limits the roles that they ask for.',
    cure: 'Let STS_FUNCTION_POLICY, or `--policy`, name a Policy.',
  },
  RUNTIME_INCOMPLETE: {
    severity: 'warning',
    means: '`doctor`: what Crossplane is to start the function with is not there, or will not stay as it is.',
    cure: 'Add what the message names.',
  },
  INTERNAL: {
    severity: 'error',
    means: 'A fault of this function.',
    cure: 'Please report it with the message and the manifest, without Secrets.',
  },
} as const satisfies Record<string, CodeFacts>;

/** The closed union of codes. */
export type Code = keyof typeof CODES;
