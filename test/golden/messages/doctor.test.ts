import { test } from '@jest/globals';
import pLimit from 'p-limit';
import { ci, ciEnvironment } from '../../support/accounts.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { startSts } from '../../support/sts/start-sts.ts';
import { DOCTOR_FAULTS, type DoctorFault, NOTHING, runDoctor } from '../doctor-faults.ts';
import { expectMessages } from './expect-messages.ts';

/** An STS whose clock is four minutes before this machine's. */
const ahead = forAllTests(() => startSts({ users: [ci], now: () => new Date(Date.now() + 240_000) }));

test('what doctor finds', async () => {
  const online = { ...NOTHING, behind: ['--online'] };
  const faults: Readonly<Record<string, DoctorFault>> = {
    ...DOCTOR_FAULTS,
    'a clock that is late': { ...online, environment: ciEnvironment(ahead.url) },
    'nobody to ask as': { ...online, environment: { AWS_STS_ENDPOINT: ahead.url } },
  };
  expectMessages(import.meta.filename, await pLimit(2).map(Object.entries(faults), showFault));
});

async function showFault([name, fault]: [string, DoctorFault]) {
  const { exit, findings, summary, stderr } = await runDoctor(fault);
  return `## doctor: ${name}\nexit ${exit}\n${findings}${summary}${stderr}`;
}
