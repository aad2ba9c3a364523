import { partition } from '@aws-sdk/core/client';

/** True for a region that this SDK has in its list. New regions appear: a newer SDK may have one that this one has not. */
export function isRegion(name: string): boolean {
  return 'description' in partition(name);
}

/** Every region that the SDK has: of its list it gives away only whether a name is in it. */
export function regions(): readonly string[] {
  const names = AREAS.flatMap((area) => PLACES.flatMap((place) => NUMBERS.map((n) => `${area}-${place}-${n}`)));
  return names.filter(isRegion);
}

const AREAS = ['af', 'ap', 'ca', 'cn', 'eu', 'il', 'me', 'mx', 'sa', 'us', 'us-gov', 'us-iso', 'us-isob'];
const PLACES = ['central', 'east', 'north', 'northeast', 'northwest', 'south', 'southeast', 'southwest', 'west'];
const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
