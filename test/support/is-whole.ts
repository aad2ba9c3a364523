/** True in `npm run test:bounds`, and `npm run test:hosts -- all`: all positions, long properties and older programs, of which others run a part. */
export const IS_WHOLE = process.env.TEST_BOUNDS === '1';

/** How many cases a long property has here, of so many in `npm run test:bounds`. */
export const shareOf = (whole: number): number => (IS_WHOLE ? whole : Math.ceil(whole / 5));
