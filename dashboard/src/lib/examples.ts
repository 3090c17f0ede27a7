// Commands that try a new key, for a shell.

/** Send one event with a write key. */
export function sendExample(origin: string, writeKey: string): string {
  return [
    `curl ${origin}/v1/track -u ${quoted(`${writeKey}:`)} \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '{"anonymousId": "visitor-1", "event": "Page Tried"}'`,
  ].join("\n");
}

/** Ask who an API key is. */
export function askExample(origin: string, key: string): string {
  return `curl ${origin}/cdp/login -H ${quoted(`Authorization: Bearer ${key}`)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
