import { type Finding, FindingError } from '../api/finding.ts';
import type { Job } from '../api/job.ts';
import type { ApplyTemplate } from './apply-template.ts';
import { standIn } from './stand-in.ts';
import { valuesOf } from './values-of.ts';

/** What is wrong with a job's template, found with a stand-in for each session before any is asked for. */
export function tryTemplate(job: Pick<Job, 'generator' | 'parts' | 'form'>, applyTemplate: ApplyTemplate): Finding[] {
  const { generator, parts, form } = job;
  if (form.template === undefined) return [];
  const obtained = parts.map((part) => ({ part, obtained: standIn(part.chain), issuedAt: new Date(0) }));
  try {
    applyTemplate(generator, form.template, valuesOf({ form }, obtained));
    return [];
  } catch (error) {
    if (error instanceof FindingError) return [error.finding];
    throw error;
  }
}
