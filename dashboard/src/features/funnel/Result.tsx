// A funnel's answer: a bar per step, and the same for each value that it is broken down by.
import type { Schemas } from "@/api/schemas";
import { formatCount, formatShare, plural } from "@/lib/number";
import { formatSpan } from "@/lib/time";
import type { EventFilter } from "@/rule/types";
import { filterWords } from "@/rule/words";
import { Card } from "@/ui/Card";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";

type Figures = Schemas["FunnelStep"];
interface Step extends Figures {
  readonly number: number;
  readonly words: string;
}

interface Props {
  readonly funnel: Schemas["FunnelView"];
  readonly steps: readonly EventFilter[];
}

/** The cards of the answer. */
export function Result({ funnel, steps }: Props) {
  const begun = funnel.steps[0]?.people ?? 0;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <Card title="People per step">
        {begun === 0 && (
          <p className="mb-3">
            Nobody did the first step in this time; {formatCount(funnel.events)} events of these
            steps were looked at.
          </p>
        )}
        <StepTable caption="People per step" steps={stepsOf(funnel.steps, steps)} isWhole />
        <p className="mt-2 text-note text-quiet">
          Of {plural(funnel.events, "event", "events")}, as of <Time at={funnel.as_of} />.{" "}
          {funnel.settled
            ? "Every attempt's time is over."
            : "Some attempts are still open: more people may get further."}
        </p>
      </Card>
      {funnel.breakdown !== null && (
        <Card title="By value">
          {funnel.breakdown.length === 0 ? (
            <p className="text-quiet">Nobody began, so that there is no value.</p>
          ) : (
            <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(18rem,100%),1fr))] gap-4">
              {funnel.breakdown.map((part) => (
                <li key={`${part.kind} ${JSON.stringify(part.value)}`} className="min-w-0">
                  <h3 className="mb-1 break-words">{partWords(part)}</h3>
                  <StepTable
                    caption={`People per step, ${partWords(part)}`}
                    steps={stepsOf(part.steps, steps)}
                    isWhole={false}
                  />
                </li>
              ))}
            </ul>
          )}
        </Card>
      )}
    </div>
  );
}

function stepsOf(figures: readonly Figures[], steps: readonly EventFilter[]): Step[] {
  return figures.map((one, index) => {
    const filter = steps[index];
    return { ...one, number: index + 1, words: filter === undefined ? "" : filterWords(filter) };
  });
}

/** What a group is called: its value, all other values, or none. */
function partWords({ kind, value }: Schemas["FunnelPart"]): string {
  if (kind === "value") return typeof value === "string" ? `“${value}”` : JSON.stringify(value);
  return kind === "missing" ? "no value" : "any other value";
}

const share = (value: number | null) => (value === null ? "–" : formatShare(value));

interface TableProps {
  readonly caption: string;
  readonly steps: readonly Step[];
  /** With the step's words, who was lost, and the times. */
  readonly isWhole: boolean;
}

function StepTable({ caption, steps, isWhole }: TableProps) {
  return (
    <Table<Step>
      caption={caption}
      rows={steps}
      keyOf={(step) => step.number}
      columns={[
        {
          name: "step",
          cell: ({ number, words }) =>
            isWhole ? (
              <span className="break-words">
                {number}. {words}
              </span>
            ) : (
              <span title={words}>{number}.</span>
            ),
        },
        { name: "people", isNumber: true, cell: ({ people }) => formatCount(people) },
        {
          name: "of the first",
          cell: (step) => <Bar value={step.conversion_from_first} isWide={isWhole} />,
        },
        { name: "of the one before", isNumber: true, cell: (step) => share(step.conversion) },
        ...(isWhole
          ? ([
              {
                name: "stopped before",
                isNumber: true,
                from: "sm",
                cell: (step: Step) => formatCount(step.drop_off),
              },
              {
                name: "median time since",
                isNumber: true,
                from: "md",
                cell: ({ from_previous }: Step) =>
                  from_previous === null ? "–" : formatSpan(from_previous.median_s),
              },
            ] as const)
          : []),
      ]}
    />
  );
}

/** A bar with its share beside it: length and number say the same. */
function Bar({ value, isWide }: { readonly value: number | null; readonly isWide: boolean }) {
  return (
    <span className="flex items-center gap-2">
      <span
        aria-hidden="true"
        className={`h-5 flex-1 overflow-hidden rounded-control border border-edge ${isWide ? "min-w-8 md:min-w-60" : "min-w-8"}`}
      >
        {value !== null && (
          <span
            className="block h-full border-r-2 border-series-1 bg-series-1"
            style={{ width: `${value * 100}%` }}
          />
        )}
      </span>
      <span className="w-14 text-right">{share(value)}</span>
    </span>
  );
}
