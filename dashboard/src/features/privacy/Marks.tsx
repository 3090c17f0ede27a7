// How far a request is and when it is due: a word and a shape, never colour alone.
import type { Schemas } from "@/api/schemas";
import { useNow } from "@/ui/clock";
import { Icon } from "@/ui/Icon";
import { Time } from "@/ui/Time";
import { lookOf } from "./statuses";
import { dueOf, plain } from "./words";

const MARK = "inline-flex items-baseline gap-1 [&>svg]:self-center whitespace-nowrap";

/** The status. */
export function Status({ request }: { readonly request: Schemas["RequestView"] }) {
  const { icon, colour } = lookOf(request.kind, request.status);
  return (
    <span className={`${MARK} ${colour}`}>
      <Icon name={icon} /> {plain(request.status)}
    </span>
  );
}

/** When it is due, and whether that is past or near. */
export function Due({ request }: { readonly request: Schemas["RequestView"] }) {
  const due = dueOf(request, useNow());
  return (
    <>
      {due === "overdue" && (
        <span className={`${MARK} mr-2 font-[650] text-unhealthy`}>
          <Icon name="square" /> overdue
        </span>
      )}
      {due === "soon" && (
        <span className={`${MARK} mr-2 text-degraded`}>
          <Icon name="triangle" /> due soon
        </span>
      )}
      <Time at={request.due_at} />
    </>
  );
}
