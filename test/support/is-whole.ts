/** True in `npm run test:bounds`: all positions and long properties, of which `npm test` runs a part. */
export const IS_WHOLE = process.env.TEST_BOUNDS === '1';
