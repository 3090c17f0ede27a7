// The gate's thresholds as configured, a sentence each.
import { useGate } from "@/api/cdp";
import type { Thresholds as Values } from "@/trust/codes";
import { Answer } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Table } from "@/ui/Table";
import { THRESHOLDS, valueText } from "./thresholds";

/** The table of thresholds. */
export function Thresholds() {
  const gate = useGate();
  return (
    <Card title="Thresholds">
      <p className="mb-2 text-quiet">
        They are configuration: whoever runs the engine changes them there.
      </p>
      <Answer asked={gate} name="thresholds" height="20rem">
        {({ thresholds }) => (
          <Table<keyof Values>
            caption="Thresholds of the gate"
            rows={Object.keys(thresholds) as (keyof Values)[]}
            keyOf={(name) => name}
            columns={[
              { name: "threshold", cell: (name) => <code>{name}</code> },
              { name: "value", isNumber: true, cell: (name) => valueText(thresholds[name]) },
              { name: "meaning", cell: (name) => THRESHOLDS[name] },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
