// Recomputes the chain of the audit log: what fits, what does not, and the link to write down.
import { useId, useState } from "react";
import { useVerifyAudit } from "@/api/cdp";
import { formatCount, plural } from "@/lib/number";
import { Failed } from "@/ui/Failed";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { Icon } from "@/ui/Icon";
import { Time } from "@/ui/Time";

/** Verify the chain, against a link written down earlier where there is one. */
export function Verify() {
  const [anchor, setAnchor] = useState("");
  const [asked, setAsked] = useState<{ readonly anchor: string } | null>(null);
  const verification = useVerifyAudit(
    { params: { query: asked === null || asked.anchor === "" ? {} : { anchor: asked.anchor } } },
    { enabled: asked !== null },
  );
  const id = useId();
  const { data } = verification;
  return (
    <Card title="Verify the chain">
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (asked?.anchor === anchor.trim()) void verification.refetch();
          else setAsked({ anchor: anchor.trim() });
        }}
      >
        <div className="grid grow gap-1">
          <label htmlFor={id}>A link written down earlier, if you have one (seq:hash)</label>
          <input
            id={id}
            maxLength={100}
            value={anchor}
            onChange={(event) => setAnchor(event.target.value)}
          />
        </div>
        <Button type="submit" look="main" isBusy={verification.isFetching}>
          {verification.isFetching ? "Recomputing every link…" : "Verify"}
        </Button>
      </form>
      {verification.error !== null && (
        <Failed
          problem={verification.error}
          name="verification"
          again={() => void verification.refetch()}
        />
      )}
      {data !== undefined && (
        <div role="status" className="mt-3 grid gap-2">
          <p
            className={`flex items-center gap-2 ${data.whole ? "text-healthy" : "text-unhealthy"}`}
          >
            <Icon name={data.whole ? "check" : "square"} />
            {data.whole
              ? `The chain is whole: ${formatCount(data.entries)} entries fit.`
              : `${plural(data.problems, "thing does", "things do")} not fit.`}
          </p>
          <ul className="list-disc pl-5">
            {data.shown.map((problem) => (
              <li key={JSON.stringify(problem)}>{Object.values(problem).join(": ")}</li>
            ))}
          </ul>
          {data.newest !== null && (
            <p>
              Write this down elsewhere:{" "}
              <code className="break-all">
                {data.newest.seq}:{data.newest.hash}
              </code>
            </p>
          )}
          <p className="text-quiet">
            Verified <Time at={data.verified_at} form="clock" />
          </p>
        </div>
      )}
    </Card>
  );
}
