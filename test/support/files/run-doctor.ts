import { dirname } from 'node:path';
import { type DoctorFault, putExecutable } from '../../golden/doctor-faults.ts';
import { CLEAN_ENVIRONMENT, type Ended, EXECUTABLE, runProcess } from '../run-function.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Whoever is to be found on PATH is the function; variables of this machine that say it is shared are not set. */
const DOCTOR_ENVIRONMENT = { PATH: `${dirname(EXECUTABLE)}:${CLEAN_ENVIRONMENT.PATH}` };

/** Runs `doctor` in a folder as the fault has it, or in the mended one; the folder is DIR in what it says, that of the function PROGRAMS. */
export async function runDoctor(fault: DoctorFault, isMended = false): Promise<Ended> {
  const { mended = {}, mendedEnvironment, executable, mendedExecutable = executable, behind = [] } = fault;
  const files = Object.entries({ ...fault.files, ...(isMended ? mended : {}) });
  const folder = temporaryFolder(
    Object.fromEntries(files.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]]))),
  );
  const placed = isMended ? mendedExecutable : executable;
  if (placed !== undefined) putExecutable(folder.path, placed);
  const chosen = isMended ? (mendedEnvironment ?? fault.environment) : fault.environment;
  const environment = Object.entries({ ...DOCTOR_ENVIRONMENT, ...chosen }).map(([name, value]) => [
    name,
    value.replace('DIR', folder.path),
  ]);
  // by its own interpreter where PATH is the matter
  const [program, argv] = EXECUTABLE.includes('/bin/') ? [EXECUTABLE, []] : [process.execPath, [EXECUTABLE]];
  const ended = await runProcess(program, [...argv, 'doctor', folder.path, ...behind], {
    environment: Object.fromEntries(environment),
  });
  folder.close();
  const shown = (text: string) => text.replaceAll(folder.path, 'DIR').replaceAll(dirname(EXECUTABLE), 'PROGRAMS');
  return { ...ended, stdout: shown(ended.stdout), stderr: shown(ended.stderr) };
}
