// One alert: cause and consequences, who was told, and what to do.
import { Link } from "@tanstack/react-router";
import { useAlert } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Acknowledge } from "@/trust/Acknowledge";
import { useDestinationName, useSignalName } from "@/trust/names";
import { Answer } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Page } from "@/ui/Page";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { aboutOf } from "./about";
import { Advice } from "./Advice";
import { Severity } from "./Severity";

type Notice = Schemas["NoticeView"];

/** The page of an alert. */
export function AlertPage({ id }: { readonly id: number }) {
  const asked = useAlert({ params: { path: { id } } });
  const alert = asked.data?.alert;
  return (
    <Page
      title={`Alert ${id}`}
      place="Alerts"
      acts={
        alert !== undefined &&
        alert.acknowledged_at === null &&
        alert.resolved_at === null && <Acknowledge id={id} />
      }
    >
      <Answer asked={asked} name="alert" height="20rem">
        {({ alert: found, notices }) => (
          <div className="grid gap-4">
            <Card title={found.summary}>
              <p className="flex flex-wrap gap-x-4">
                <Severity alert={found} />
                <span>
                  since <Time at={found.opened_at} form="clock" />
                </span>
                <span>
                  {found.resolved_at === null ? (
                    "lasts"
                  ) : (
                    <>
                      resolved <Time at={found.resolved_at} form="clock" />
                    </>
                  )}
                </span>
                {found.acknowledged_at !== null && (
                  <span>
                    acknowledged by {found.acknowledged_by_name ?? found.acknowledged_by}{" "}
                    <Time at={found.acknowledged_at} form="clock" />
                  </span>
                )}
              </p>
              <h3 className="mt-3">Cause</h3>
              <About name={found.key} />
              {found.members.length > 0 && (
                <>
                  <h3 className="mt-2">What follows from it</h3>
                  <ul className="ml-2 grid gap-1 border-l border-line pl-4">
                    {found.members.map((member) => (
                      <li key={member}>
                        <About name={member} />
                      </li>
                    ))}
                  </ul>
                </>
              )}
            </Card>
            <Advice kind={found.kind} />
            <Card title="Who was told">
              {notices.length === 0 ? (
                <p className="text-quiet">No channel is configured, so nobody was told.</p>
              ) : (
                <Table<Notice>
                  caption="Notices"
                  rows={notices}
                  keyOf={(row) => row.id}
                  columns={[
                    { name: "channel", cell: (row) => row.channel },
                    { name: "told", cell: (row) => row.step },
                    {
                      name: "sent",
                      cell: (row) => (
                        <Time
                          at={row.sent_at}
                          form="clock"
                          none={row.dead_at === null ? "waits" : "given up"}
                        />
                      ),
                    },
                    { name: "attempts", isNumber: true, cell: (row) => row.attempts },
                    { name: "error", from: "md", cell: (row) => row.error },
                  ]}
                />
              )}
            </Card>
          </div>
        )}
      </Answer>
    </Page>
  );
}

/** What a condition's key is about, as a link where there is a page of it. */
function About({ name }: { readonly name: string }) {
  const signalName = useSignalName();
  const destinationName = useDestinationName();
  const about = aboutOf(name, { signal: signalName, destination: destinationName });
  if (about.signal !== undefined)
    return (
      <Link to="/trust/signals/$signal" params={{ signal: about.signal }}>
        {about.words}
      </Link>
    );
  if (about.audience !== undefined)
    return (
      <Link to="/cdp/audience-sync/$id" params={{ id: about.audience }}>
        {about.words}
      </Link>
    );
  if (about.page !== undefined) return <Link to={about.page}>{about.words}</Link>;
  return <>{about.words}</>;
}
