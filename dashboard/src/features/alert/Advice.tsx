// The runbook's section for a kind of alert, shown where it is needed.
import { Card } from "@/ui/Card";
import runbook from "./runbook.json";

/** A paragraph or a table of the runbook. */
interface Part {
  readonly text?: string;
  readonly head?: readonly string[];
  readonly rows?: readonly (readonly string[])[];
}

/** What it means, and what to do. */
export function Advice({ kind }: { readonly kind: string }) {
  const parts = (runbook as Readonly<Record<string, readonly Part[] | undefined>>)[kind];
  if (parts === undefined) return null;
  return (
    <Card title="What to do">
      <div className="grid gap-2">
        {parts.map((part) =>
          part.text === undefined ? (
            <Rows key={part.head?.join(" ")} head={part.head ?? []} rows={part.rows ?? []} />
          ) : (
            <p key={part.text}>{part.text}</p>
          ),
        )}
      </div>
    </Card>
  );
}

function Rows({ head, rows }: Required<Pick<Part, "head" | "rows">>) {
  return (
    <div
      className="relative overflow-x-auto"
      tabIndex={0}
      role="region"
      aria-label={head.join(", ")}
    >
      <table className="w-full text-table">
        <thead>
          <tr className="text-left text-quiet">
            {head.map((name) => (
              <th key={name} scope="col" className="py-1 pr-4">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <tr key={cells[0]} className="border-t border-line align-top">
              {cells.map((cell) => (
                <td key={cell} className="py-1 pr-4">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
