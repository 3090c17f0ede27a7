// Step 3: what the readings are made of, the lowest first.
import { useReading } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useSignalName } from "@/trust/names";
import { Answer } from "@/ui/Answer";
import { Table } from "@/ui/Table";
import type { Read } from "./ReadingsStep";
import { Step } from "./Step";

type Component = Schemas["ComponentView"];
const UNKNOWN = -1;

/** The components of each reading. */
export function ComponentsStep({ decision }: { readonly decision: Read }) {
  return (
    <Step number={3} title="Components">
      {decision.reading_ids.length === 0 && <p>Nothing was read, so there is nothing to show.</p>}
      {decision.reading_ids.map((id) => (
        <Components key={id} reading={id} />
      ))}
    </Step>
  );
}

function Components({ reading: id }: { readonly reading: number }) {
  const nameOf = useSignalName();
  const reading = useReading({ params: { path: { id } } });
  if (reading.error?.status === 404) return null;
  return (
    <Answer asked={reading} name="components" height="2rem" oldAfterS={Number.POSITIVE_INFINITY}>
      {(data) => {
        const lowestFirst = Object.values(data.components).toSorted(
          (one, other) => (one.score ?? UNKNOWN) - (other.score ?? UNKNOWN),
        );
        const told = lowestFirst.find((each) => each.score !== null && each.reason !== "");
        return (
          <details>
            <summary className="min-h-6 cursor-pointer">
              {nameOf(data.signal)}
              {told !== undefined && `: ${told.name.replaceAll("_", " ")}, ${told.reason}`}
            </summary>
            <Table<Component>
              caption={`Components of ${nameOf(data.signal)}`}
              rows={lowestFirst}
              keyOf={(row) => row.name}
              columns={[
                { name: "component", cell: (row) => row.name.replaceAll("_", " ") },
                {
                  name: "score",
                  isNumber: true,
                  cell: (row) => (row.score === null ? "unknown" : Math.floor(row.score)),
                },
                {
                  name: "weight",
                  isNumber: true,
                  from: "sm",
                  cell: (row) => row.weight.toFixed(2),
                },
                {
                  name: "caps below",
                  isNumber: true,
                  from: "sm",
                  cell: (row) => (row.critical ? (row.floor ?? "–") : "–"),
                },
                {
                  name: "because",
                  cell: (row) =>
                    row.reason === "" ? (row.score === null ? "no data" : "as usual") : row.reason,
                },
              ]}
            />
          </details>
        );
      }}
    </Answer>
  );
}
