import { dirname, isAbsolute } from 'node:path';
import { isOnPath, stateOf } from '../files/check-started.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { quote, shellWord } from '../findings/quote.ts';
import { isMeant, isMisspeltProgram, isOurs } from '../hosts/kpt-steps.ts';
import { PROGRAM } from '../model/kinds.ts';
import { resolve } from '../model/paths.ts';
import { cached } from '../model/plain-data.ts';
import type { Ambient, World } from '../model/world.ts';
import { describeWithFile, type Survey, startsIn, stepsIn } from './survey.ts';

/**
 * Checks that kpt and kustomize find the executable. kustomize resolves a path from the kustomization's folder
 * (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/internal/plugins/fnplugin/fnplugin.go), kpt from its working directory (kptdev/kpt,
 * v1.0.0-beta.67, pkg/fn/runtime/exec.go).
 */
export function checkExecutables(survey: Survey, { ambient }: World): Finding[] {
  const onPath = new Map<string, boolean>(); // very many start one program
  const isProgram = (name: string) => cached(onPath, name, () => isOnPath(name, ambient.environment));
  const steps = stepsIn(survey, isMeant).flatMap(({ kptfile, field, how }) => {
    const file = quote(kptfile.file.shown);
    if ('image' in how) return [contained(`\`${field}\` of ${file}`, `\`exec: ${PROGRAM}\``)];
    if (!isOurs(how) && !how.exec.includes('/')) return []; // `plan` says it
    return checkPath(`the function of \`${field}\` in ${file}`, how.exec, process.cwd(), ambient, isProgram);
  });
  const starts = startsIn(survey, isMeant).flatMap(({ config, how, kustomization }) => {
    const what = describeWithFile(config);
    if (how === undefined) return []; // a plugin, of which `plan` speaks
    if ('image' in how) return [contained(what, `\`exec: {path: ${PROGRAM}}\``)];
    return checkPath(what, how.exec, dirname(kustomization.file.real), ambient, isProgram);
  });
  return [...steps, ...starts];
}

/**
 * A container gets no credentials: kpt passes it no environment, and no network without a flag (kptdev/kpt, v1.0.0-beta.67,
 * pkg/fn/runtime/runner.go, NewRunner).
 */
function contained(what: string, exec: string): Finding {
  const cause = 'it runs in a container, which gets neither environment nor network from its host';
  return finding('FUNCTION_IN_CONTAINER', `${what} gets no AWS credentials: ${cause}. Write ${exec} instead.`);
}

function checkPath(
  what: string,
  path: string,
  from: string,
  { program }: Ambient,
  isProgram: (name: string) => boolean,
): Finding[] {
  const isFile = path.includes('/');
  const file = isAbsolute(path) ? path : resolve(from, path);
  const state = isFile ? stateOf(file) : isProgram(path) ? 'executable' : 'absent';
  if (state === 'executable') return [];
  if (state === 'notExecutable')
    return [notFound(what, `${quote(file)} is not executable`, `Run \`chmod +x ${shellWord(file)}\``)];
  if (isMisspeltProgram(path)) {
    const meant = `${path.slice(0, path.lastIndexOf('/') + 1)}${PROGRAM}`;
    return [notFound(what, `there is no ${quote(path)}`, `Write ${quote(meant)}, if that was meant`)];
  }
  const install = `${isProgram(PROGRAM) ? PROGRAM : shellWord(program)} install`;
  if (isFile) {
    const folder = shellWord(dirname(file));
    return [notFound(what, `there is no file ${quote(file)}`, `Run \`mkdir -p ${folder} && ${install} ${folder}\``)];
  }
  const cure = `Run \`${install} /usr/local/bin\`, or put the folder of this program on PATH`;
  return [notFound(what, `no folder of PATH has an executable ${quote(path)}`, cure)];
}

function notFound(what: string, cause: string, cure: string): Finding {
  return finding('FUNCTION_NOT_FOUND', `cannot start ${what}: ${cause}. ${cure}.`);
}
