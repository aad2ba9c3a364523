import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Finding, finding } from '../../findings/finding.ts';
import { quote, shellWord } from '../../findings/quote.ts';
import { explainSystemError } from '../../findings/system-error.ts';
import { PROGRAM } from '../../model/kinds.ts';
import type { RunReport } from '../../model/outcome.ts';
import { PLUGIN_PATHS } from '../../model/plugin-paths.ts';
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
} from './installed-files.ts';
import { executableOf, type Program, realPath, runningProgram } from './program.ts';

/**
 * Copies the running program into `folder`; in kustomize's plugin home it also adds a link for each of our kinds. If a file that is not
 * ours is in the way, nothing is changed. `output`: the paths.
 */
export function install(folder: string, isPluginHome: boolean): RunReport {
  const program = runningProgram();
  const path = join(folder, PROGRAM);
  const links = isPluginHome ? PLUGIN_PATHS.map((plugin) => join(folder, plugin)) : [];
  process.umask(process.umask() | OTHERS_WRITE);
  try {
    const faults = checkFolder(folder);
    const isOwn = (place: string) => isOurs(place, folder) || isRunningProgram(place, program);
    const findings =
      faults.length > 0 ? faults : [path, ...links].flatMap((place) => checkFree(place, isOwn, NOT_OURS));
    if (findings.length === 0 && 'folder' in program && !isRunningProgram(path, program)) {
      const isGood = (build: string) => isUsable(build) || isRemovable(build);
      const build = buildIn(folder, program.folder, program.files);
      findings.push(...checkFree(build, isGood, `${NOT_OURS}, or another user made it`));
    }
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

/** Refuses a path where something is that may not be replaced. */
function checkFree(path: string, mayReplace: (path: string) => boolean, cause: string): Finding[] {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined || mayReplace(path)) return [];
  const cure = `Remove it with \`rm -r ${shellWord(path)}\`, or name another folder`;
  return [finding('INSTALL_FAILED', `cannot replace ${quote(path)}: ${cause}. ${cure}.`)];
}

function isRunningProgram(path: string, program: Program): boolean {
  const real = realPath(path);
  return real !== undefined && real === realPath(executableOf(program)) && dirname(real) === realPath(dirname(path));
}

function unusable(folder: string, cause: string, cure: string): Finding {
  return finding('INSTALL_FAILED', `cannot install into ${quote(folder)}: ${cause}. ${cure}.`);
}
