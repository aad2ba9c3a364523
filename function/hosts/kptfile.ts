import { FindingError, finding } from '../findings/finding.ts';
import { readTexts } from '../krm/item.ts';
import { lineOf } from '../krm/line-of.ts';
import { KPTFILE_KIND } from '../model/kinds.ts';
import { cached, isRecord, listAt, textAt, valueAt } from '../model/plain-data.ts';

/** What stands in a field: a text, a list, or a map with these fields; `*`: any other. */
type Shape = 'text' | 'anything' | readonly [Shape] | { readonly [field: string]: Shape };

const TEXTS = { '*': 'text' } as const;
const MARKS = { labels: TEXTS, annotations: TEXTS } as const;
const NAMED = { name: 'text', namespace: 'text', ...MARKS } as const;
const SELECTOR: Shape = { apiVersion: 'text', kind: 'text', ...NAMED };
const STEP: Shape = {
  ...{ image: 'text', exec: 'text', name: 'text', configPath: 'text', configMap: TEXTS },
  ...{ selectors: [SELECTOR], exclude: [SELECTOR] },
};
const GIT = { repo: 'text', directory: 'text', ref: 'text' } as const;

/** The fields of a Kptfile; kpt refuses others (kptdev/kpt, v1.0.0-beta.61, pkg/api/kptfile/v1/types.go). Later versions have more in `status`. */
const KPTFILE: Shape = {
  ...{ apiVersion: 'text', kind: 'text', metadata: NAMED },
  upstream: { type: 'text', git: GIT, updateStrategy: 'text' },
  upstreamLock: { type: 'text', git: { ...GIT, commit: 'text' } },
  info: {
    ...{
      site: 'text',
      emails: ['text'],
      license: 'text',
      licenseFile: 'text',
      description: 'text',
      keywords: ['text'],
    },
    ...{ man: 'text', readinessGates: [{ conditionType: 'text' }] },
  },
  pipeline: { mutators: [STEP], validators: [STEP] },
  inventory: { ...NAMED, inventoryID: 'text' },
  status: 'anything',
};

/**
 * The value of a Kptfile, with each scalar as it is written.
 * @throws FindingError where kpt refuses it.
 */
export function readKptfile({ text, shown }: { readonly text: string; readonly shown: string }): unknown {
  const value = readTexts(text, { name: 'this Kptfile', file: shown, line: 1 });
  const fault =
    faultIn(value, KPTFILE, '', new Map()) ??
    faultOfType(value) ??
    ['mutators', 'validators'].flatMap((list) =>
      listAt(value, ['pipeline', list]).flatMap((step, index) => faultOfStep(step, `pipeline.${list}[${index}]`) ?? []),
    )[0];
  if (fault === undefined) return value;
  const location = { file: shown, line: lineOf({ text, range: [0, text.length, text.length] }, fault.field) };
  const message = `cannot read this Kptfile: \`${fault.field || 'it'}\` ${fault.cause}, and kpt v1.0.0-beta.61 refuses that. Correct it.`;
  throw new FindingError(finding('INPUT_UNREADABLE', message, { location }));
}

interface FieldFault {
  readonly field: string;
  readonly cause: string;
}

/** The first field that is not as it should be. `seen`: aliases may repeat what is large. */
function faultIn(value: unknown, shape: Shape, field: string, seen: Map<Shape, Set<unknown>>): FieldFault | undefined {
  const sound = cached(seen, shape, () => new Set());
  if (value === '' || shape === 'anything' || sound.has(value)) return undefined;
  if (shape === 'text') return typeof value === 'string' ? undefined : { field, cause: 'is no text' };
  const isList = Array.isArray(shape);
  if (isList ? !Array.isArray(value) : !isRecord(value)) return { field, cause: `is no ${isList ? 'list' : 'map'}` };
  for (const [key, inner] of Object.entries(Object(value))) {
    const path = isList ? `${field}[${key}]` : `${field}${field && '.'}${key}`;
    const own = isList ? shape[0] : (valueAt(shape, [key]) ?? valueAt(shape, ['*']));
    const fault = own === undefined ? { field: path, cause: 'is no field' } : faultIn(inner, own as Shape, path, seen);
    if (fault !== undefined) return fault;
  }
  sound.add(value);
  return undefined;
}

function faultOfType(value: unknown): FieldFault | undefined {
  if (textAt(value, ['apiVersion']) !== 'kpt.dev/v1') return { field: 'apiVersion', cause: 'is not kpt.dev/v1' };
  if (textAt(value, ['kind']) !== KPTFILE_KIND) return { field: 'kind', cause: `is not ${KPTFILE_KIND}` };
  return textAt(value, ['metadata', 'name']) ? undefined : { field: 'metadata.name', cause: 'is missing' };
}

/** A name of an image (kptdev/kpt, v1.0.0-beta.61, pkg/api/kptfile/v1/validation.go, ValidateFunctionImageURL), less its tag. */
const DOMAIN = `[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?`;
const PART = `[a-z0-9]+(?:(?:[_.]|__|-+)[a-z0-9]+)*`;
const TAG = String.raw`[\w][\w.-]{0,127}|sha256:[a-zA-Z0-9]{64}`;
const IMAGE = new RegExp(
  String.raw`^(?:${DOMAIN}(?:\.${DOMAIN})*(?::[0-9]+)?/)?${PART}(?:/${PART})*(?:[:@](?:${TAG}))?$`,
);

function faultOfStep(step: unknown, field: string): FieldFault | undefined {
  const [image = '', exec = ''] = ['image', 'exec'].map((name) => textAt(step, [name]));
  if ((image === '') === (exec === '')) return { field, cause: 'has not one of `image` and `exec`' };
  if (image !== '' && !(image.length <= LONGEST && IMAGE.test(image)))
    return { field: `${field}.image`, cause: 'is no name of an image' };
  const hasBoth = textAt(step, ['configPath']) && Object.keys(Object(valueAt(step, ['configMap']) || {})).length > 0;
  return hasBoth ? { field, cause: 'has both `configMap` and `configPath`' } : undefined;
}
/** The most characters of a name that is compared with a pattern. */
const LONGEST = 500;
