// How many people are in each stage of the lifecycle.
import { Link } from "@tanstack/react-router";
import { useProfileStatistics } from "@/api/cdp";
import { formatEstimate, formatShare } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Time } from "@/ui/Time";

const STAGES = ["anonymous", "known", "customer", "churned"] as const;

/** The stages as bars, each with its count and share. */
export function Lifecycle() {
  const statistics = useProfileStatistics();
  return (
    <Card title="Lifecycle">
      <Answer
        asked={statistics}
        name="lifecycle"
        height="10rem"
        empty={({ people }) => (people.value === 0 ? <Empty title="Nobody yet" /> : undefined)}
      >
        {(data) => {
          const total = STAGES.reduce((sum, stage) => sum + (data.stages[stage]?.value ?? 0), 0);
          return (
            <>
              <table className="w-full text-table">
                <caption className="sr-only">People by stage</caption>
                <tbody>
                  {STAGES.map((stage) => {
                    const count = data.stages[stage] ?? { value: 0, exact: true };
                    const share = total === 0 ? 0 : count.value / total;
                    return (
                      <tr key={stage}>
                        <th scope="row" className="w-28 py-1 text-left">
                          <Link to="/cdp/profiles" search={{ stage }}>
                            {stage}
                          </Link>
                        </th>
                        <td aria-hidden="true">
                          <div
                            className="h-4 rounded-[2px] bg-series-1"
                            style={{ width: `${share * 100}%` }}
                          />
                        </td>
                        <td className="w-36 text-right whitespace-nowrap">
                          {formatEstimate(count.value, count.exact)} · {formatShare(share)}
                        </td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
              <p className="mt-2 text-note text-quiet">
                as of <Time at={data.as_of} />
              </p>
            </>
          );
        }}
      </Answer>
    </Card>
  );
}
