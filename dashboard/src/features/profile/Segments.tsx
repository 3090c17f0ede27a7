// Tab: segments that a person is in, and those that they are not in; each with its reasons.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useProfileSegments, useSegments } from "@/api/cdp";
import { useWhole } from "@/api/whole";
import { Answer, Empty } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { LoadMore } from "@/ui/LoadMore";
import { NotWhole } from "@/ui/NotAll";
import { rowsOf } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { Why } from "@/why/Why";
import { useProfileAddress } from "./addressing";

/** In since when and why; out and why not. */
export function Segments({ profile }: { readonly profile: string }) {
  const held = useProfileSegments({ params: { path: { id: profile } } });
  const segments = useSegments({ params: { query: { limit: 200 } } });
  const whole = useWhole(segments);
  const inside = new Set(held.data?.map((segment) => segment.id));
  return (
    <>
      <Card title="In">
        <Answer
          asked={held}
          name="segments of this person"
          empty={(data) =>
            data.length === 0 ? <p className="text-quiet">In no segment.</p> : undefined
          }
        >
          {(data) => (
            <ul>
              {data.map((segment) => (
                <Row key={segment.id} profile={profile} segment={segment} ask="Why">
                  {segment.since === null ? (
                    "just left"
                  ) : (
                    <>
                      since <Time at={segment.since} />
                    </>
                  )}
                </Row>
              ))}
            </ul>
          )}
        </Answer>
      </Card>
      <Card title="Not in">
        <Answer
          asked={segments}
          name="segments"
          empty={(data) =>
            rowsOf(data).length === 0 ? <Empty title="There is no segment yet" /> : undefined
          }
        >
          {(data) => {
            const others = rowsOf(data).filter(
              (segment) => segment.status !== "draft" && !inside.has(segment.id),
            );
            return (
              <>
                {others.length === 0 && whole.isWhole && (
                  <p className="text-quiet">In every segment that is published.</p>
                )}
                <ul>
                  {others.map((segment) => (
                    <Row key={segment.id} profile={profile} segment={segment} ask="Why not">
                      {segment.status === "paused" ? "paused" : ""}
                    </Row>
                  ))}
                </ul>
                <NotWhole name="segments" {...whole} />
                {whole.isCut && <LoadMore more={segments} />}
              </>
            );
          }}
        </Answer>
      </Card>
    </>
  );
}

interface RowProps {
  readonly profile: string;
  readonly segment: { readonly id: number; readonly name: string };
  readonly ask: string;
  readonly children: ReactNode;
}

function Row({ profile, segment, ask, children }: RowProps) {
  const [{ why }, change] = useProfileAddress();
  const isOpen = why === segment.id;
  return (
    <li className="border-b border-line py-1">
      <div className="flex flex-wrap items-center gap-x-3">
        <Link
          to="/cdp/segments/$id"
          params={{ id: String(segment.id) }}
          className="inline-flex min-h-6 min-w-0 items-center break-words"
        >
          {segment.name}
        </Link>
        <span className="text-quiet">{children}</span>
        <Button
          look="bare"
          className="ml-auto min-h-8"
          aria-expanded={isOpen}
          aria-label={`${ask}: ${segment.name}`}
          onClick={() => change({ why: isOpen ? undefined : segment.id })}
        >
          {ask}
        </Button>
      </div>
      {isOpen && (
        <div className="py-2">
          <Why profile={profile} segment={segment.id} />
        </div>
      )}
    </li>
  );
}
