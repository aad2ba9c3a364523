/** A rule for one text parameter: lengths in characters, `pattern` as AWS prints it. */
export interface TextRule {
  readonly min: number;
  readonly max: number;
  readonly pattern?: string;
  readonly required?: true;
  /** The value is never quoted in a message. */
  readonly secret?: true;
}

const NAME_CHARACTERS = String.raw`[\w+=,.@-]*`;
const POLICY_CHARACTERS = String.raw`[\u0009\u000A\u000D\u0020-\u00FF]+`;
const TAG_CHARACTERS = String.raw`[\p{L}\p{Z}\p{N}_.:/=+\-@]`;

/** Source of all limits: the API reference's request parameters, also in the SDKs' service model. */
export const ROLE_ARN: TextRule = { min: 20, max: 2048, required: true };
export const ROLE_SESSION_NAME: TextRule = { min: 2, max: 64, pattern: NAME_CHARACTERS, required: true };
export const EXTERNAL_ID: TextRule = { min: 2, max: 1224, pattern: String.raw`[\w+=,.@:\/-]*` };
export const SOURCE_IDENTITY: TextRule = { min: 2, max: 64, pattern: NAME_CHARACTERS };
export const SERIAL_NUMBER: TextRule = { min: 9, max: 256, pattern: String.raw`[\w+=/:,.@-]*` };
export const TOKEN_CODE: TextRule = { min: 6, max: 6, pattern: String.raw`[\d]*`, secret: true };
export const WEB_IDENTITY_TOKEN: TextRule = { min: 4, max: 20_000, required: true, secret: true };
export const POLICY: TextRule = { min: 1, max: 2048, pattern: POLICY_CHARACTERS };
export const POLICY_ARN: TextRule = { min: 20, max: 2048, required: true };
export const TAG_KEY: TextRule = { min: 1, max: 128, pattern: `${TAG_CHARACTERS}+`, required: true };
export const TAG_VALUE: TextRule = { min: 0, max: 256, pattern: `${TAG_CHARACTERS}*`, required: true };

export const MAX_POLICY_ARNS = 10;
export const MAX_TAGS = 50;
/** Policy and policy ARNs together, in characters. */
export const MAX_PLAIN_POLICIES = 2048;

export const ROLE_DURATION_SECONDS = { min: 900, max: 43_200 };
export const USER_DURATION_SECONDS = { min: 900, max: 129_600 };
export const DEFAULT_ROLE_DURATION_SECONDS = 3600;
export const DEFAULT_USER_DURATION_SECONDS = 43_200;
/** "If the duration is longer than one hour, the session for account owners defaults to one hour." */
export const ROOT_DURATION_SECONDS = 3600;
/** Longer fails: it is not cut. */
export const CHAINED_DURATION_SECONDS = 3600;
