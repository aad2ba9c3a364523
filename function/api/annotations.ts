const PREFIX = 'sts.fn.crossplane.io';

/** On an emitted Secret: KIND/NAMESPACE/NAME of the generator whose Secret it is. */
export const GENERATOR_ANNOTATION = `${PREFIX}/generator`;
/** On an emitted Secret: when the session ends, RFC 3339 in whole seconds. */
export const EXPIRATION_ANNOTATION = `${PREFIX}/expiration`;
/** On an emitted Secret: from when on a run renews it, RFC 3339 in whole seconds. */
export const RENEW_AFTER_ANNOTATION = `${PREFIX}/renew-after`;
/** On an emitted Secret: digest of everything that decides what STS is asked. */
export const SPEC_HASH_ANNOTATION = `${PREFIX}/spec-hash`;
/** On an emitted Secret: `"true"` says that it holds no credentials. */
export const PLACEHOLDER_ANNOTATION = `${PREFIX}/placeholder`;
/** On a generator: `"true"` leaves it alone. */
export const IGNORE_ANNOTATION = `${PREFIX}/ignore`;

/** Annotations of an emitted Secret: all of them are written or taken away by each renewal. */
export const OWN_ANNOTATIONS: readonly string[] = [
  GENERATOR_ANNOTATION,
  EXPIRATION_ANNOTATION,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
  PLACEHOLDER_ANNOTATION,
];
