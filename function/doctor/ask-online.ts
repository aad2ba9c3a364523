import type { Answer } from '../api/answer.ts';
import { type Finding, finding } from '../api/finding.ts';
import { quote } from '../api/quote.ts';
import type { World } from '../api/world.ts';
import { whoAsks } from '../issuer/who-asks.ts';

/** AWS takes a signature that is as much as five minutes off; a session's times are off by the same. */
const SKEW_MILLISECONDS = 60_000;
const TIMEOUT_MILLISECONDS = 30_000;

/** Asks STS whose the default chain is: that is what `output` says; and compares clocks. */
export async function askOnline(world: World): Promise<Answer> {
  const asked = await whoAsks(AbortSignal.timeout(TIMEOUT_MILLISECONDS), world);
  if ('finding' in asked) return { output: '', findings: [asked.finding] };
  const { arn, date } = asked.caller;
  const skew = date === undefined ? 0 : world.now().getTime() - date.getTime();
  return {
    output: `STS knows the SDK's default chain as ${quote(arn)}.\n`,
    findings: Math.abs(skew) < SKEW_MILLISECONDS ? [] : [clockFinding(skew)],
  };
}

function clockFinding(skew: number): Finding {
  const minutes = Math.round(Math.abs(skew) / 60_000);
  const cause = `it is ${minutes} min ${skew > 0 ? 'ahead of' : 'behind'} that of STS`;
  const message = `cannot trust this machine's clock: ${cause}. Set it, as \`timedatectl set-ntp true\` does.`;
  return finding('CLOCK_WRONG', message);
}
