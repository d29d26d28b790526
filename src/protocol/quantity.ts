/** `1 minute`, `90 seconds`. @param unit in the singular */
export function quantity(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
