// Why a signal scores as it does: each component with its score, weight and what it rests on.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { metricName } from "@/lib/metrics";
import { Icon } from "@/ui/Icon";

interface Props {
  readonly reading: Schemas["Reading"];
  /** Whether the signal has a score now. */
  readonly isKnown: boolean;
  /** The component that caps the score; null where it is the weighted mean. */
  readonly cappedBy: string | null;
  /** The signal's series, each with the component that it belongs to. */
  readonly metrics: readonly Schemas["SignalMetric"][];
}

type Component = Schemas["ComponentView"];

/** The components of a reading, as the reading has them: nothing is computed again. */
export function Components({ reading, isKnown, cappedBy, metrics }: Props) {
  const components = Object.values(reading.components).toSorted(
    (one, other) => other.weight - one.weight || one.name.localeCompare(other.name),
  );
  const capping = components.find((component) => component.name === cappedBy);
  return (
    <>
      <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label="Components">
        <table className="w-full text-table">
          <caption className="sr-only">Components of the score</caption>
          <thead>
            <tr className="text-left text-quiet">
              <th scope="col" className="py-1 pr-4">
                component
              </th>
              <th scope="col" className="pr-4 text-right">
                score
              </th>
              <th scope="col" className="pr-4 text-right max-sm:hidden">
                weight
              </th>
              <th scope="col" className="w-1/4 max-sm:hidden">
                <span className="sr-only">score as a bar</span>
              </th>
              <th scope="col" className="pl-4">
                based on
              </th>
            </tr>
          </thead>
          <tbody>
            {components.map((component) => (
              <tr key={component.name} className="border-t border-line align-top">
                <th scope="row" className="py-2 pr-4 text-left whitespace-nowrap">
                  {component.name.replaceAll("_", " ")}
                </th>
                <td className="py-2 pr-4 text-right">
                  {component.score === null ? "–" : Math.floor(component.score)}
                </td>
                <td className="py-2 pr-4 text-right max-sm:hidden">
                  {component.weight.toFixed(2)}
                </td>
                <td className="py-2 max-sm:hidden" aria-hidden="true">
                  <Bar component={component} isCapping={component.name === cappedBy} />
                </td>
                <td className="py-2 pl-4">
                  {component.name === cappedBy && <b>caps the score: </b>}
                  {component.score === null && (
                    <span className="inline-flex items-center gap-1 text-unknown">
                      <Icon name="ring" /> unknown:{" "}
                    </span>
                  )}{" "}
                  {component.reason === ""
                    ? component.score === null
                      ? "no data"
                      : "as usual"
                    : component.reason}
                  <SeriesLinks
                    metrics={metrics.filter((each) => each.component === component.name)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="mt-3">
        {!isKnown
          ? "No score follows from them now."
          : capping === undefined
            ? "The score is the weighted mean of the components that are known."
            : `Capped by ${capping.name.replaceAll("_", " ")}: it is critical${capping.floor === null ? "" : ` and below its floor of ${capping.floor}`}, so the score is not above it.`}
      </p>
    </>
  );
}

/** What the component is computed from, as charts below. */
function SeriesLinks({ metrics }: { readonly metrics: readonly Schemas["SignalMetric"][] }) {
  return metrics.map(({ name }) => (
    <Link
      key={name}
      from="/trust/signals/$signal"
      to="."
      search={(earlier) => ({ ...earlier, metric: name })}
      resetScroll={false}
      className="mr-2 inline-flex min-h-6 items-center"
    >
      series of {metricName(name)} ›
    </Link>
  ));
}

function Bar({
  component,
  isCapping,
}: {
  readonly component: Component;
  readonly isCapping: boolean;
}) {
  if (component.score === null)
    return <div className="mt-2 border-t-2 border-dashed border-unknown" />;
  return (
    <div className="mt-1 h-3 bg-line/60">
      <div
        className={`h-3 ${isCapping ? "bg-degraded" : "bg-series-1"}`}
        style={{ width: `${component.score}%` }}
      />
    </div>
  );
}
