// What the gate holds or blocks now, grouped by its weightiest reason, with the way out.
import { Link } from "@tanstack/react-router";
import { useAudiences, useGate } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useWhole } from "@/api/whole";
import { codeText } from "@/trust/codes";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { NotWhole } from "@/ui/NotAll";
import { Verdict } from "@/ui/State";
import { rowsOf } from "@/ui/Table";

type Audience = Schemas["AudienceView"];

/** Audiences that wait, by reason. */
export function Waiting() {
  const audiences = useAudiences({ params: { query: { limit: 200 } } });
  const whole = useWhole(audiences);
  const thresholds = useGate().data?.thresholds;
  return (
    <Card title="Held and blocked now">
      <Answer
        asked={audiences}
        name="audiences"
        height="8rem"
        empty={(data) =>
          byReason(rowsOf(data)).size === 0 && whole.isWhole ? (
            <Empty title="Nothing is held or blocked." />
          ) : undefined
        }
      >
        {(data) => (
          <dl className="grid gap-4">
            {[...byReason(rowsOf(data))].map(([code, waiting]) => (
              <div key={code}>
                <dt>
                  <b>{codeText(code).name}</b>: {codeText(code).meaning}
                </dt>
                {thresholds !== undefined && (
                  <dd className="text-quiet">{codeText(code).wayOut?.(thresholds)}</dd>
                )}
                <dd>
                  <ul className="mt-1 grid gap-1">
                    {waiting.map((audience) => (
                      <li key={audience.id} className="flex items-baseline gap-3">
                        <Verdict verdict={audience.gate?.verdict} />
                        <Link to="/cdp/audience-sync/$id" params={{ id: String(audience.id) }}>
                          {audience.name}
                        </Link>
                        <span className="text-quiet">{audience.platform}</span>
                      </li>
                    ))}
                  </ul>
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Answer>
      {audiences.data !== undefined && <NotWhole name="audiences" {...whole} />}
    </Card>
  );
}

function byReason(audiences: readonly Audience[]): Map<string, Audience[]> {
  const found = new Map<string, Audience[]>();
  for (const audience of audiences) {
    if (audience.gate === null || audience.gate.verdict === "pass") continue;
    const code = audience.gate.codes[0] ?? "unknown";
    found.set(code, [...(found.get(code) ?? []), audience]);
  }
  return found;
}
