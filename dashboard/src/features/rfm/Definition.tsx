// How scores are taken now: purchases, look-back, the bounds and their age, and taking it away.
import { useDeleteRfm, useRfm } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { formatSpan } from "@/lib/time";
import { spanWords } from "@/rule/spans";
import { filterWords } from "@/rule/words";
import { usersWords, useUsers } from "@/rule-ui/users";
import { Act } from "@/ui/Act";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { useNow } from "@/ui/clock";
import { useRefusal } from "@/ui/scopes";
import { Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { rangeWords, SCORES } from "./scores";

const MILLIONTHS = 1_000_000;
const amounts = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });

type Rfm = Schemas["RfmView"];

/** The card of the live definition. */
export function Definition() {
  const rfm = useRfm();
  return (
    <Card title="Definition" aside={<Delete />}>
      <Answer asked={rfm} name="RFM definition" height="14rem">
        {(data) => (
          <div className="grid gap-3">
            <p>
              Purchases are {filterWords(data.rule.event)}, their amount is{" "}
              <code>{data.rule.property}</code>, of the last {spanWords(data.rule.look_back)}.
              Bounds are taken again every {formatSpan(data.rule.refresh_s)}. Version {data.version}
              , live since <Time at={data.updated_at} />.
            </p>
            {data.breaks === null ? (
              <Empty title="No bounds yet">Nobody has scores until they are taken.</Empty>
            ) : (
              <Bounds rfm={data} breaks={data.breaks} />
            )}
          </div>
        )}
      </Answer>
    </Card>
  );
}

function Bounds({
  rfm,
  breaks,
}: {
  readonly rfm: Rfm;
  readonly breaks: NonNullable<Rfm["breaks"]>;
}) {
  const isOld = useNow() - breaks.taken_ms > 2 * rfm.rule.refresh_s * 1_000;
  return (
    <>
      <Table<number>
        caption="What each score means"
        rows={SCORES}
        keyOf={(score) => score}
        columns={[
          { name: "score", cell: String },
          {
            name: "newest purchase, ago",
            cell: (score) =>
              rangeWords(5 - score, breaks.recency_ms, (age) => formatSpan(age / 1_000)),
          },
          {
            name: "purchases",
            cell: (score) => rangeWords(score - 1, breaks.frequency, formatCount),
          },
          {
            name: rfm.rule.property,
            cell: (score) =>
              rangeWords(score - 1, breaks.monetary, (sum) => amounts.format(sum / MILLIONTHS)),
          },
        ]}
      />
      <p className={`text-note ${isOld ? "text-degraded" : "text-quiet"}`}>
        Bounds of {formatCount(breaks.population)} buyers, taken{" "}
        <Time at={new Date(breaks.taken_ms).toISOString()} />
        {isOld && ", older than twice their refresh"}
      </p>
    </>
  );
}

function Delete() {
  const remove = useDeleteRfm();
  const users = useUsers((node) => node.type === "rfm");
  return (
    <Act
      name="Delete…"
      title="Delete the RFM definition"
      verb="Delete"
      done="RFM is deleted."
      look="danger"
      refusal={useRefusal(remove.scopes)}
      effect={
        <p>
          Everybody loses their scores. It is refused while a segment uses RFM; now that is{" "}
          {usersWords(users)}.
        </p>
      }
      act={(reason) => remove.mutateAsync({ body: { reason } })}
    />
  );
}
