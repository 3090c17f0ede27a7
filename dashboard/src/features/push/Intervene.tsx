// What people can say about an audience's next push, from the story of one that was held.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { Override } from "@/trust/Override";
import { Release } from "@/trust/Release";
import { Verdict } from "@/ui/State";

interface Props {
  readonly audience: Schemas["AudienceView"];
  /** Whether this is the plan of the next push itself. */
  readonly isNext?: boolean;
}

/** The dialogs that let the next push go, where the gate does not. */
export function Intervene({ audience, isNext = false }: Props) {
  if (audience.gate === null) return null;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {!isNext && (
        <p>
          The gate says <Verdict verdict={audience.gate.verdict} /> of{" "}
          <Link to="/trust/decisions/next/$id" params={{ id: String(audience.id) }}>
            the next push
          </Link>{" "}
          now.
        </p>
      )}
      {audience.gate.verdict !== "pass" && (
        <>
          <Release audience={audience} />
          <Override scope={`audience:${audience.id}`} codes={audience.gate.codes} />
        </>
      )}
    </div>
  );
}
