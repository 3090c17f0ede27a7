// Tab: where events come from, with the write keys that senders use.
import { useState } from "react";
import { Link } from "@tanstack/react-router";
import { useCreateSource, useSources } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { useRefusal } from "@/ui/scopes";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { CreateSource } from "./CreateSource";
import { WriteKeys } from "./WriteKeys";

type Source = Schemas["SourceView"];

/** The list of sources. */
export function Sources() {
  const sources = useSources({ params: { query: { limit: 50 } } });
  const refusal = useRefusal(useCreateSource().scopes);
  const [isCreating, setCreating] = useState(false);
  return (
    <Card
      title="Sources"
      aside={
        <Button refusal={refusal} onClick={() => setCreating(true)}>
          Create a source
        </Button>
      }
    >
      <Answer
        asked={sources}
        name="sources"
        height="12rem"
        empty={(data) =>
          rowsOf(data).length === 0 ? (
            <Empty title="No source yet">
              A source has write keys with which a site, an app or a server sends events.
            </Empty>
          ) : undefined
        }
      >
        {(data) => (
          <Table<Source>
            caption="Sources, oldest first"
            rows={rowsOf(data)}
            keyOf={(source) => source.id}
            more={sources}
            columns={[
              {
                name: "source",
                cell: (source) => (
                  <Link
                    to="/trust/signals/$signal"
                    params={{ signal: `source:${source.id}` }}
                    className="inline-flex min-h-6 items-center"
                  >
                    {source.name}
                  </Link>
                ),
              },
              {
                name: "last event",
                cell: (source) => <Time at={source.last_accepted_at} />,
              },
              {
                name: "events in 24 h",
                isNumber: true,
                from: "sm",
                cell: (source) => formatCount(source.events_24h),
              },
              { name: "topic", from: "lg", cell: (source) => source.topic ?? "–" },
              { name: "write keys", cell: (source) => <WriteKeys source={source} /> },
            ]}
          />
        )}
      </Answer>
      <CreateSource isOpen={isCreating} onClose={() => setCreating(false)} />
    </Card>
  );
}
