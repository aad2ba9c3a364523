import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

/** Loaded before a server: at each SIGUSR2 it writes which functions ran since the last one, into the folder COVERAGE. */

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
let taken = 0;
process.on('SIGUSR2', async () => {
  const { result } = await session.post('Profiler.takePreciseCoverage'); // counts begin anew
  const file = join(process.env.COVERAGE ?? '', `${++taken}.json`);
  writeFileSync(`${file}.new`, JSON.stringify({ result }));
  renameSync(`${file}.new`, file); // nobody reads half of it
});
