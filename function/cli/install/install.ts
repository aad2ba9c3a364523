import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Finding, finding } from '../../findings/finding.ts';
import { quote, shellWord } from '../../findings/quote.ts';
import type { Answer } from '../../model/flow.ts';
import { PLUGIN_PATHS, PROGRAM } from '../../model/program.ts';
import { explainSystemError } from '../../model/system-error.ts';
import {
  buildIn,
  isOurs,
  isRemovable,
  isUsable,
  NOT_OURS,
  OTHERS_WRITE,
  placeBuild,
  placeFile,
  placeLink,
} from './place.ts';
import { executableOf, type Program, realPath, runningProgram } from './program.ts';

/**
 * Copies the running program into `folder`; in kustomize's plugin home it also adds a link for each of our kinds. If a file that is not
 * ours is in the way, nothing is changed. `output`: the paths.
 */
export function install(folder: string, isPluginHome: boolean): Answer {
  const program = runningProgram();
  const path = join(folder, PROGRAM);
  const links = isPluginHome ? PLUGIN_PATHS.map((plugin) => join(folder, plugin)) : [];
  process.umask(process.umask() | OTHERS_WRITE);
  try {
    const faults = checkFolder(folder);
    const findings =
      faults.length > 0 ? faults : [path, ...links].flatMap((place) => checkPlace(place, program, folder));
    if (findings.length === 0 && 'folder' in program && !isRunningProgram(path, program))
      findings.push(...checkBuild(buildIn(folder, program.folder, program.files)));
    if (findings.length > 0) return { output: '', findings };
    if (!isRunningProgram(path, program)) {
      if ('file' in program) placeFile(path, program.file);
      else placeBuild(path, program.folder, program.files);
    }
    for (const link of links) placeLink(link, relative(dirname(link), path));
    return { output: [path, ...links].map((place) => `${place}\n`).join(''), findings: [] };
  } catch (error) {
    const fault = unusable(folder, explainSystemError(error), 'Name a folder that this user may write to');
    return { output: '', findings: [fault] };
  }
}

function checkFolder(folder: string): Finding[] {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined)
    return [unusable(folder, 'it is not there', `Make it with \`mkdir -p ${shellWord(folder)}\``)];
  if (!stats.isDirectory()) return [unusable(folder, 'it is not a folder', 'Name a folder')];
  accessSync(folder, constants.W_OK | constants.X_OK);
  return [];
}

function checkPlace(path: string, program: Program, folder: string): Finding[] {
  const isFree = lstatSync(path, { throwIfNoEntry: false }) === undefined;
  return isFree || isOurs(path, folder) || isRunningProgram(path, program) ? [] : [irreplaceable(path, NOT_OURS)];
}

function checkBuild(build: string): Finding[] {
  const isFree = lstatSync(build, { throwIfNoEntry: false }) === undefined;
  return isFree || isUsable(build) || isRemovable(build)
    ? []
    : [irreplaceable(build, `${NOT_OURS}, or another user made it`)];
}

function irreplaceable(path: string, cause: string): Finding {
  const cure = `Remove it with \`rm -r ${shellWord(path)}\`, or name another folder`;
  return finding('INSTALL_FAILED', `cannot replace ${quote(path)}: ${cause}. ${cure}.`);
}

function isRunningProgram(path: string, program: Program): boolean {
  const real = realPath(path);
  return real !== undefined && real === realPath(executableOf(program)) && dirname(real) === realPath(dirname(path));
}

function unusable(folder: string, cause: string, cure: string): Finding {
  return finding('INSTALL_FAILED', `cannot install into ${quote(folder)}: ${cause}. ${cure}.`);
}
