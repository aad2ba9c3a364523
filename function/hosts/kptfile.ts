import { dirname } from 'node:path';
import { quote } from '../findings/quote.ts';
import { lineOf } from '../krm/line-of.ts';
import { unreadable } from '../krm/parse-yaml.ts';
import { readTyped, type Structs } from '../krm/read-typed.ts';
import { KPTFILE_KIND } from '../model/kinds.ts';
import { listAt, textAt, valueAt } from '../model/plain-data.ts';

const MARKS = { labels: 'map text', annotations: 'map text' } as const;
const NAMED = { name: 'text', namespace: 'text', ...MARKS } as const;
const GIT = { repo: 'text', directory: 'text', ref: 'text' } as const;

/** The fields of a Kptfile; kpt refuses others (kptdev/kpt, v1.0.0-beta.61, pkg/api/kptfile/v1/types.go). Later versions have more in `status`. */
const STRUCTS: Structs = {
  Kptfile: {
    ...{ apiVersion: 'text', kind: 'text', metadata: 'Metadata', upstream: 'Upstream', upstreamLock: 'UpstreamLock' },
    ...{ info: 'Info', pipeline: 'Pipeline', inventory: 'Inventory', status: 'any' },
  },
  Metadata: NAMED,
  Upstream: { type: 'text', git: 'Git', updateStrategy: 'text' },
  UpstreamLock: { type: 'text', git: 'GitLock' },
  Git: GIT,
  GitLock: { ...GIT, commit: 'text' },
  Info: {
    ...{ site: 'text', emails: 'list text', license: 'text', licenseFile: 'text', description: 'text' },
    ...{ keywords: 'list text', man: 'text', readinessGates: 'list Gate' },
  },
  Gate: { conditionType: 'text' },
  Pipeline: { mutators: 'list Step', validators: 'list Step' },
  Step: {
    ...{ image: 'text', exec: 'text', name: 'text', configPath: 'text', configMap: 'map text' },
    ...{ selectors: 'list Selector', exclude: 'list Selector' },
  },
  Selector: { apiVersion: 'text', kind: 'text', ...NAMED },
  Inventory: { ...NAMED, inventoryID: 'text' },
};

/** A Kptfile as it was read; `isAlone`: without the other files of its folder. */
interface KptfileText {
  readonly text: string;
  readonly shown: string;
  readonly isAlone?: boolean;
}

/**
 * The value of a Kptfile, with each scalar as it is written: kpt takes any where a text is wanted.
 * @throws FindingError where kpt refuses it, and where its steps are for files that were not read.
 */
export function readKptfile({ text, shown, isAlone = false }: KptfileText): unknown {
  const origin = { name: 'this Kptfile as kpt v1.0.0-beta.61 does', file: shown, line: 1 };
  const value = readTyped(text, 'Kptfile', { origin, structs: STRUCTS, areTexts: true });
  const unread = `is for all of package ${quote(dirname(shown))}, which was not read. Name that folder`;
  const stepFaults = ['mutators', 'validators'].flatMap((list) =>
    listAt(value, ['pipeline', list]).flatMap((step, index) => {
      const field = `pipeline.${list}[${index}]`;
      return faultOfStep(step, field) ?? (isAlone ? [{ field, cause: unread }] : []);
    }),
  );
  const fault = faultOfType(value) ?? stepFaults[0];
  if (fault === undefined) return value;
  const line = lineOf({ text, range: [0, text.length, text.length] }, fault.field);
  throw unreadable(`\`${fault.field}\` ${fault.cause}`, { ...origin, line });
}

/** What is wrong with a field, and a cure. */
interface FieldFault {
  readonly field: string;
  readonly cause: string;
}

function faultOfType(value: unknown): FieldFault | undefined {
  for (const [field, type] of [
    ['apiVersion', 'kpt.dev/v1'],
    ['kind', KPTFILE_KIND],
  ] as const)
    if (textAt(value, [field]) !== type) return { field, cause: `must be ${quote(type)}. Correct it` };
  return textAt(value, ['metadata', 'name']) ? undefined : { field: 'metadata.name', cause: 'is missing. Add it' };
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
  if ((image === '') === (exec === '') || /^\s+$/.test(exec))
    return { field, cause: 'must have one of `image` and `exec`. Correct it' };
  if (image !== '' && !(image.length <= LONGEST && IMAGE.test(image)))
    return { field: `${field}.image`, cause: 'is no name of an image. Correct it' };
  const hasBoth = textAt(step, ['configPath']) && Object.keys(Object(valueAt(step, ['configMap']) || {})).length > 0;
  return hasBoth ? { field, cause: 'has both `configMap` and `configPath`. Remove one of the two' } : undefined;
}
/** The most characters of a name that is compared with a pattern. */
const LONGEST = 500;
