import { partition } from '@aws-sdk/core/client';
import { nearestTo } from '../model/meant-kind.ts';
import { once } from '../model/plain-data.ts';

/** True for a region that this SDK has in its list. New regions appear: a newer SDK may have one that this one has not. */
export function isRegion(name: string): boolean {
  return 'description' in partition(name);
}

/** The region that a misspelt one means; undefined for one that there is, or that is near none. */
export function meantRegion(name: string): string | undefined {
  return isRegion(name) ? undefined : nearestTo(name, regions(), () => MOST_SLIPS);
}

const MOST_SLIPS = 2;

/** Every region that the SDK has: of its list it gives away only whether a name is in it. */
const regions = once(() => {
  const names = AREAS.flatMap((area) => PLACES.flatMap((place) => NUMBERS.map((n) => `${area}-${place}-${n}`)));
  return names.filter(isRegion);
});

const AREAS = ['af', 'ap', 'ca', 'cn', 'eu', 'il', 'me', 'mx', 'sa', 'us', 'us-gov', 'us-iso', 'us-isob'];
const PLACES = ['central', 'east', 'north', 'northeast', 'northwest', 'south', 'southeast', 'southwest', 'west'];
const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
