// A JSON value as a tree that unfolds; what is deep or long is folded at first.
interface Props {
  readonly value: unknown;
  /** How deep it is open at first. */
  readonly open?: number;
}

const LONGEST = 100;

/** The value. */
export function JsonTree({ value, open = 2 }: Props) {
  if (typeof value !== "object" || value === null)
    return (
      <code className="break-all">{typeof value === "string" ? value : JSON.stringify(value)}</code>
    );
  const entries = Object.entries(value);
  if (entries.length === 0) return <code>{Array.isArray(value) ? "[ ]" : "{ }"}</code>;
  return (
    <dl className="grid gap-0.5">
      {entries.slice(0, LONGEST).map(([name, each]) => (
        <Member key={name} name={name} value={each} open={open} />
      ))}
      {entries.length > LONGEST && (
        <dd className="text-quiet">and {entries.length - LONGEST} more</dd>
      )}
    </dl>
  );
}

function Member({ name, value, open = 0 }: Props & { readonly name: string }) {
  const isDeep = typeof value === "object" && value !== null && Object.keys(value).length > 0;
  if (!isDeep)
    return (
      <div className="flex flex-wrap gap-x-2">
        <dt className="text-quiet">{name}</dt>
        <dd className="min-w-0">
          <JsonTree value={value} />
        </dd>
      </div>
    );
  return (
    <div>
      <dt className="sr-only">{name}</dt>
      <dd>
        <details open={open > 0}>
          <summary className="min-h-7 w-fit cursor-pointer py-0.5 text-quiet">{name}</summary>
          <div className="ml-2 border-l border-line pl-3">
            <JsonTree value={value} open={open - 1} />
          </div>
        </details>
      </dd>
    </div>
  );
}
