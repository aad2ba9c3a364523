/**
 * A function in place of the real one: it starts that one with its own standard input and output, and ends it without warning
 * after DELAY seconds. Without DELAY it is the real one.
 */
export const KILLER = `#!/bin/bash
[[ -n $DELAY ]] || exec function-sts-assume-role
function-sts-assume-role <&0 &
sleep "$DELAY"
kill -9 $!
wait $!
`;

/** Moments of a run whose STS does not answer for two seconds. */
export const MOMENTS_MILLISECONDS = [0, 50, 100, 150, 250, 350] as const;
