import { IS_WHOLE } from '../is-whole.ts';

const NEWEST = 'crossplane-core';

/** Crossplane's engine that is tested: the newest that `test/hosts/install.sh` builds, or with TEST_ENGINE another of them. */
export const ENGINE = process.env.TEST_ENGINE ?? NEWEST;

/** Whether it watches what a step requires, and shows that in the first call of the next reconcile: Crossplane 2.4 does. */
export const WATCHES_REQUIRED = ENGINE === NEWEST;

/** Whether tests of it run that its watches, calls and times to live do not decide. */
export const IS_WHOLE_ENGINE = IS_WHOLE || ENGINE === NEWEST;
