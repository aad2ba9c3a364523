import { dirname } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import type { How } from '../hosts/kpt-steps.ts';
import type { Item } from '../krm/item.ts';
import { asksForSecret } from '../model/kinds.ts';
import { defined, textAt, valueAt } from '../model/plain-data.ts';
import { isBelow } from '../repository/function-run.ts';
import { isValidator } from '../repository/kpt-changes.ts';
import { isSelected } from '../repository/kpt-sent.ts';
import { locationOfField } from '../repository/kustomize-edits.ts';
import type { PipelineFile } from '../repository/pipelines.ts';
import { type Survey, stepsIn } from './survey.ts';

/** Selectors that keep existing Secrets from the function, which then cannot renew them. */
export function checkSelectors(survey: Survey): Finding[] {
  return stepsIn(survey).flatMap((step) => {
    const { kptfile, field, value } = step;
    const sent = specsOf(survey, kptfile)
      .filter(({ item }) => isSelected(item, step))
      .map(({ item }) => secretOf(item));
    const secrets = sent.length === 0 ? [NAMELESS] : sent;
    const key = ['selectors', 'exclude'].find((part) => {
      const selector = { value: { [part]: valueAt(value, [part]) } };
      return secrets.some((secret) => !isSelected(secret, selector));
    });
    if (key === undefined) return [];
    const cure = key === 'selectors' ? 'Add `- kind: Secret` to it, or remove it' : 'Stop excluding Secrets';
    const message = `cannot renew Secrets of ${quote(kptfile.file.shown)}: \`${field}.${key}\` hides them from the function, so each \`kpt fn render\` adds another Secret. ${cure}.`;
    return [finding('SECRET_DUPLICATED', message)];
  });
}

/** What asks for Secrets in a package. */
function specsOf({ repository }: Survey, { file }: PipelineFile) {
  return repository.at(dirname(file.real)).filter(({ item }) => asksForSecret(item));
}

const SECRET = { apiVersion: 'v1', kind: 'Secret' } as const;
const NAMELESS = { ...SECRET, object: undefined, toJS: () => undefined };

/** The Secret of a spec, as selectors see it: its labels are taken for those of the spec. */
function secretOf({ object, toJS }: Item) {
  const name = textAt(toJS(), ['spec', 'target', 'name']) ?? object?.name ?? '';
  return { ...SECRET, toJS, object: { ...SECRET, ...defined({ namespace: object?.namespace }), name } };
}

const MOVES = /\/set-namespace(?:[:@]|$)/;
const isMoving = (how: How) => how !== undefined && 'image' in how && MOVES.test(how.image);
/** So many are compared with as many starts. */
const MOST = 200;

/** Steps that move what this function has made, and its generators: the next render finds there Secrets that are marked for other ones. */
export function checkMoves(survey: Survey): Finding[] {
  const mutatorsIn = (isWanted?: typeof isMoving) => stepsIn(survey, isWanted).filter((step) => !isValidator(step));
  const moves = mutatorsIn(isMoving).flatMap(({ kptfile, field, value }) => {
    const namespace = textAt(value, ['configMap', 'namespace']);
    return namespace === undefined ? [] : [{ kptfile, field, namespace }];
  });
  if (moves.length === 0) return [];
  const starts = mutatorsIn()
    .slice(0, MOST)
    .map(({ kptfile, field }) => {
      const namespaces = new Set(specsOf(survey, kptfile).map(({ item }) => item.object?.namespace));
      return { kptfile, field, namespaces };
    });
  return moves.slice(0, MOST).flatMap(({ kptfile, field, namespace }) => {
    const folder = dirname(kptfile.file.real);
    const isMoved = (start: (typeof starts)[number]) => {
      const isSame = start.kptfile === kptfile;
      const isLater = isSame ? placeOf(field) > placeOf(start.field) : isBelow(folder, start.kptfile.file.real);
      return isLater && start.namespaces.values().some((each) => each !== namespace);
    };
    if (!starts.some(isMoved)) return [];
    const location = locationOfField(kptfile, field);
    const message = `\`${field}\` moves Secrets and their generators behind this function, so the next \`kpt fn render\` takes them for another generator's. Set namespaces before it.`;
    return [{ ...finding('TARGET_NOT_OURS', message, { location }), severity: 'warning' as const }];
  });
}

/** Which mutator a step is. */
const placeOf = (field: string) => Number(/\d+/.exec(field));
