/** Compares by code units, as Python sorts: `n10` before `n8`, whatever the locale. */
export function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
