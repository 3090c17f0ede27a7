// How requests are kept up with: what is open now, and each month.
import { usePrivacyStatistics } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Icon } from "@/ui/Icon";
import { Table } from "@/ui/Table";

type Month = Schemas["MonthView"];

/** The numbers. */
export function Months() {
  const statistics = usePrivacyStatistics();
  return (
    <Card title="Open, and by month">
      <Answer asked={statistics} name="numbers" height="8rem">
        {({ open, overdue, months }) => (
          <>
            <p className="mb-2">
              <b>{formatCount(open)}</b> open,{" "}
              {overdue === 0 ? (
                "none overdue"
              ) : (
                <span className="font-[650] text-unhealthy">
                  <Icon name="square" className="inline" /> {formatCount(overdue)} overdue
                </span>
              )}
            </p>
            {months.length === 0 ? (
              <Empty title="No month has a request" />
            ) : (
              <Table<Month>
                caption="Privacy requests by month"
                rows={months}
                keyOf={(row) => row.month}
                columns={[
                  { name: "month", cell: (row) => row.month },
                  { name: "received", isNumber: true, cell: (row) => formatCount(row.received) },
                  { name: "completed", isNumber: true, cell: (row) => formatCount(row.completed) },
                  { name: "overdue", isNumber: true, cell: (row) => formatCount(row.overdue) },
                  {
                    name: "median days",
                    isNumber: true,
                    from: "sm",
                    cell: (row) => row.median_days?.toFixed(1) ?? "–",
                  },
                ]}
              />
            )}
          </>
        )}
      </Answer>
    </Card>
  );
}
