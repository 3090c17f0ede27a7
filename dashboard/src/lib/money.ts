// Money: the API's decimal strings, never floats.

/** "2509011.43" and "USD" → "2,509,011.43 USD". The digits of the string are kept as they are. */
export function formatMoney(amount: string, currency: string): string {
  const [integer = "0", fraction] = amount.replace("-", "").split(".");
  const sign = amount.startsWith("-") ? "−" : "";
  const grouped = new Intl.NumberFormat().format(BigInt(integer));
  const separator = new Intl.NumberFormat().format(1.5).charAt(1);
  return `${sign}${grouped}${fraction === undefined ? "" : separator + fraction} ${currency}`;
}
