import { profileId } from '../../profile/profile.ts';

/** Each profile's name once, as it was written last; its case doesn't tell profiles apart. */
export function eachOnce(names: readonly string[]): readonly string[] {
  return [...new Map(names.map((name) => [profileId(name), name])).values()];
}
