import * as z from 'zod';

/** Longest name of a Kubernetes object, and longest key of a Secret, in characters. */
export const OBJECT_NAME_MAX = 253;
/** Longest part of a label or annotation name behind its prefix, and longest value of a label. */
const LABEL_PART_MAX = 63;

const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Any text but none. */
export const nonEmpty = z.string().min(1, 'must not be empty');

/** Name of an object: a DNS-1123 subdomain. Names become file names, so nothing else may pass. */
export const objectName = z
  .string()
  .max(OBJECT_NAME_MAX, `must be at most ${OBJECT_NAME_MAX} characters long`)
  .regex(DNS_SUBDOMAIN, 'must be a DNS name of lower-case letters, digits, "-" and "."');

/** Name of a namespace: a DNS-1123 label. */
export const namespaceName = z
  .string()
  .max(63, 'must be at most 63 characters long')
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be a DNS label of lower-case letters, digits and "-"');

/** A key in the data of a Secret; it is a file's name where the Secret is mounted. */
export const dataKey = z
  .string()
  .max(OBJECT_NAME_MAX, `must be at most ${OBJECT_NAME_MAX} characters long`)
  .regex(/^[-._a-zA-Z0-9]+$/, 'must be a Secret key of letters, digits, "-", "_" and "."')
  // by itself: an API server knows no lookahead in patterns
  .refine((key) => key !== '.' && !key.startsWith('..'), 'must be neither "." nor begin with ".."')
  .refine((key) => key !== '__proto__', 'must not be "__proto__": programs on the way would lose it');

/** Name of a label or an annotation: an optional DNS prefix and `/`, then at most 63 characters. */
export const qualifiedName = z.string().refine(
  (name) => {
    const [last = '', prefix, ...others] = name.split('/').toReversed();
    const isPart = last.length <= LABEL_PART_MAX && /^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/.test(last);
    const isPrefix = prefix === undefined || (prefix.length <= OBJECT_NAME_MAX && DNS_SUBDOMAIN.test(prefix));
    return isPart && isPrefix && others.length === 0;
  },
  { error: 'must be a name such as "team" or "example.org/team"' },
);

/** Value of a label. */
export const labelValue = z
  .string()
  .max(LABEL_PART_MAX, `must be at most ${LABEL_PART_MAX} characters long`)
  .regex(/^([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?$/, 'must be letters, digits, "-", "_" and ".", or empty');
