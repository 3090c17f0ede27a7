// The named segments of RFM, from the best customers down.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { formatCount, formatShare } from "@/lib/number";
import { RFM_SEGMENTS } from "@/rule/language";
import { Answer, type Asked } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Table } from "@/ui/Table";
import { namedRule, nameWords } from "./scores";
import { noScores } from "./Spread";

interface Props {
  readonly spread: Asked<Schemas["RfmDistributionView"]>;
}

/** The card with the list; nothing where there are no scores. */
export function Named({ spread }: Props) {
  if (spread.data !== undefined && noScores(spread.data) !== undefined) return null;
  return (
    <Card title="Named segments">
      <Answer asked={spread} name="named segments" height="28rem">
        {({ segments, population }) => (
          <Table
            caption="Named segments, the best customers first"
            rows={namesOf(segments)}
            keyOf={(name) => name}
            columns={[
              { name: "name", cell: nameWords },
              { name: "buyers", isNumber: true, cell: (name) => formatCount(segments[name] ?? 0) },
              {
                name: "share",
                isNumber: true,
                cell: (name) => formatShare((segments[name] ?? 0) / population),
              },
              {
                name: "segment",
                cell: (name) => (
                  <Link
                    to="/cdp/segments/new"
                    search={{ rule: JSON.stringify(namedRule(name)) }}
                    aria-label={`New segment: ${nameWords(name)}`}
                  >
                    New segment
                  </Link>
                ),
              },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}

/** Names in their order, and after them any that the page does not know. */
function namesOf(segments: Readonly<Record<string, number>>): string[] {
  return [...new Set([...RFM_SEGMENTS, ...Object.keys(segments)])];
}
