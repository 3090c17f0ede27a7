// Numbers as people read them, in the browser's locale.

const whole = new Intl.NumberFormat();

/** A whole number with the locale's separators: 23930 → "23,930". */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** A count that says by `≈` that it is an estimate. */
export function formatEstimate(value: number, exact: boolean): string {
  return exact ? formatCount(value) : `≈ ${formatCount(value)}`;
}

/** An estimate with the ends of its interval: "≈ 54,000 (53,100–55,000)"; exact where they are equal. */
export function formatInterval(estimate: {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}): string {
  const { value, low, high } = estimate;
  if (low === high) return formatCount(value);
  return `≈ ${formatCount(value)} (${formatCount(low)}–${formatCount(high)})`;
}

/** A share of 0–1 as percent: 0.153 → "15.3 %". Shares that are small but not zero never read as zero. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  if (percent > 99.9 && percent < 100) return "> 99.9 %";
  const digits = percent >= 10 || Number.isInteger(percent) ? 0 : 1;
  return `${percent.toFixed(digits)} %`;
}

/** A signed change: +12, −2, 0. */
export function formatChange(value: number): string {
  if (value > 0) return `+${formatCount(value)}`;
  return value < 0 ? `−${formatCount(-value)}` : "0";
}

/** What came and what went: "+27 −3", "+27 −0"; "no change" where nothing did either. */
export function formatMoves(came: number, went: number): string {
  return came === 0 && went === 0 ? "no change" : `+${formatCount(came)} −${formatCount(went)}`;
}

/** "1 person", "2 people". */
export function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
