// Step 4: the verdict, its reasons, and what it takes to pass.
import type { ReactNode } from "react";
import type { Schemas } from "@/api/schemas";
import { codeText, type Thresholds } from "@/trust/codes";
import { WayOut } from "@/trust/WayOut";
import { Verdict } from "@/ui/State";
import { Step } from "./Step";

interface Props {
  readonly decision: Pick<Schemas["DecisionView"], "verdict" | "would" | "codes" | "reasons">;
  readonly thresholds: Thresholds | undefined;
  /** Where it is recorded. */
  readonly record?: ReactNode;
}

/** The verdict with each reason in the gate's own words. */
export function VerdictStep({ decision, thresholds, record }: Props) {
  const { verdict, would, codes, reasons } = decision;
  return (
    <Step
      number={4}
      title="Verdict"
      aside={
        <span className="inline-flex flex-wrap gap-x-4">
          <Verdict verdict={verdict} />
          {record}
        </span>
      }
    >
      <ul className="list-disc pl-5">
        {reasons.map((reason, index) => (
          <li key={reason}>
            {codes[index] !== undefined && <b>{codeText(codes[index]).name}: </b>}
            {reason}
          </li>
        ))}
      </ul>
      {would !== null && would !== verdict && (
        <p>
          The gate itself said <Verdict verdict={would} />: people or a mode said otherwise.
        </p>
      )}
      {verdict !== "pass" && thresholds !== undefined && (
        <WayOut codes={codes} thresholds={thresholds} />
      )}
    </Step>
  );
}
