import { statSync } from 'node:fs';
import { readNamedFile } from '../clients/read-file.ts';
import { FindingError, finding, hasErrors } from '../findings/finding.ts';
import { quote, shellPath } from '../findings/quote.ts';
import { explainSystemError } from '../findings/system-error.ts';
import { carryOut } from '../issuer/issue.ts';
import { parseDocuments, writeDocuments } from '../krm/documents.ts';
import type { Item } from '../krm/item.ts';
import { decodeText } from '../krm/parse-yaml.ts';
import { CONFIG_MAP_KIND, PROGRAM } from '../model/kinds.ts';
import type { RunReport } from '../model/outcome.ts';
import { Deadline } from '../model/run-limits.ts';
import type { World } from '../model/world.ts';
import { withHostPaths } from './host-paths.ts';
import { decideRun, toFinding } from './run.ts';
import { ListDestination } from './stdio.ts';

/**
 * kustomize's legacy exec plugin. kustomize writes the entry of `generators` or `transformers` to `configFile`, and a transformer's
 * resources to standard input as YAML documents; the output has the same form (kubernetes-sigs/kustomize, kustomize/v5.8.1,
 * api/internal/plugins/execplugin/execplugin.go). Never throws.
 */
export async function runPlugin(configFile: string, input: Uint8Array, world: World): Promise<RunReport> {
  const deadline = new Deadline(world.ambient.environment);
  try {
    const functionConfig = readConfig(configFile);
    const text = decodeText(input);
    const items = parseDocuments(text, 'standard input', deadline.throwIfExpired);
    const list = { items, functionConfig };
    const isGeneration = text.trim() === '';
    const context = { world, deadline };
    const decided = await decideRun(list, (drafted) => new ListDestination(list, isGeneration, drafted), context);
    const { destination, plaintextWarnings } = decided;
    const outcome = await carryOut(decided, context);
    const findings = withHostPaths(outcome.findings, list, destination.files);
    if (hasErrors(findings)) return { output: '', findings };
    if (!decided.plan.draft.purpose.acts) return { output: text, findings };
    const { edits, appended } = destination.changes();
    return {
      output: writeDocuments(text, edits, appended),
      findings: [...findings, ...withHostPaths(plaintextWarnings, list, destination.files)],
    };
  } catch (error) {
    return { output: '', findings: [toFinding(error)] };
  }
}

/** True for the path of an existing file. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function readConfig(file: string): Item {
  const items = parseDocuments(
    decodeText(readBytes(file), () => quote(file)),
    file,
  );
  const [config, ...others] = items.filter(({ kind }) => kind !== CONFIG_MAP_KIND); // ConfigMaps are for templates
  if (config !== undefined && others.length === 0) return config;
  const count = config === undefined ? 'none' : `${1 + others.length}`;
  throw unreadable(file, `it must hold one object of this function, got ${count}`);
}

function readBytes(file: string): Uint8Array {
  try {
    return readNamedFile(file);
  } catch (error) {
    throw unreadable(file, explainSystemError(error));
  }
}

function unreadable(file: string, cause: string): FindingError {
  const cure = `To render a file yourself, run \`${PROGRAM} render ${shellPath(file)}\`; for kustomize, correct what stands under \`generators\` or \`transformers\``;
  const message = `cannot read the plugin's configuration ${quote(file)}: ${cause}. ${cure}.`;
  return new FindingError(finding('INPUT_UNREADABLE', message));
}
