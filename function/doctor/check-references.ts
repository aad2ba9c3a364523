import type { RunResult } from '../files/answer-files.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject, type ObjectRef } from '../findings/say.ts';
import { isGenerator, type NamedRef, secretObject } from '../model/kinds.ts';
import { isSlip } from '../model/meant-kind.ts';
import { distinct } from '../model/plain-data.ts';
import { locationOfField, madeBy } from '../repository/kustomize-edits.ts';
import type { PipelineFile } from '../repository/pipelines.ts';
import { checkUses } from './check-uses.ts';
import { mayBeOne, namesIn } from './references.ts';
import type { FoundObject, Survey } from './survey.ts';

/** So many names are compared with as many Secrets and generators. */
const MOST = 200;

/**
 * Workloads and others that read a Secret, or name a generator, under nearly the name of one that is made here, where no manifest has that
 * name, or a generator of which that is the begin. One of another name may come from anywhere, and a short name may be another word.
 */
export function checkReferences(survey: Survey, ran: readonly RunResult[]): Finding[] {
  const { others, repository } = survey;
  const jobs = ran.flatMap(({ draft, secrets = [] }) => [...(draft?.jobs ?? []), ...secrets]);
  const targets = jobs.map(({ target }) => target);
  const items = repository.all.flatMap(({ item }) => item.object ?? []);
  const made = [...targets.map(secretObject).slice(0, MOST), ...items.filter(isGenerator).slice(0, MOST)];
  const read = [...others, ...repository.kustomizations.map(asObject)].map(namesIn);
  const objects = [...targets, ...items, ...repository.kustomizations.flatMap(madeBy)];
  const there = new Set([...read.flatMap(({ names }) => names), ...objects.map(({ name }) => name)]);
  const unknown = read
    .flatMap(({ references }) => references)
    .filter(({ name, isOptional }) => !isOptional && !there.has(name));
  const each = distinct(unknown, ({ kind, name, namespace }) => JSON.stringify([kind, name, namespace]));
  const slips = each.slice(0, MOST).flatMap(({ by, field, kind, name, namespace, isSelected }) => {
    const isFor = (object: NamedRef) => mayBeOne(object.namespace, namespace);
    const isPart = (fullName: string) => isSelected && (fullName.includes(name) || name.includes(fullName)); // before or after a prefix
    const isMeant = ({ kind: madeKind, name: madeName }: ObjectRef) =>
      (isSlip(name, madeName) && !isPart(madeName)) || (madeKind !== 'Secret' && madeName.startsWith(name));
    const near = made.find((object) => object.kind === kind && isFor(object) && isMeant(object));
    if (near === undefined || name.length < 5) return [];
    const message = `${describeObject(by.object)} names ${kind} ${quote(name)}, which is not there; did you mean ${quote(near.name)}? Correct it.`;
    return [{ by, field, code: 'REFERENCE_MISSING' as const, message }];
  });
  return [...slips, ...checkUses(read, survey, ran)].map(({ by, field, code, message }) => ({
    ...finding(code, message, { location: by.locationOf(field) }),
    severity: 'warning',
  }));
}

function asObject({ file, value }: PipelineFile): FoundObject {
  const object = { apiVersion: '', kind: 'kustomization', name: file.shown };
  return { object, value, file, locationOf: (field = '') => locationOfField({ file }, field) };
}
