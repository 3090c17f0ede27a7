// One link: what stated it, whether it holds and why not, what its removal would split.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Bridge } from "@/identity/bridges";
import type { Edge } from "@/identity/network";
import { Card } from "@/ui/Card";
import { useMasked } from "@/ui/Mask";
import { Time } from "@/ui/Time";
import { causeWords, endWords, statusWords } from "./words";

interface Props {
  readonly edge: Edge;
  readonly bridge: Bridge | undefined;
  /** The person whose page it is. */
  readonly profileId: string;
  /** What can be done with the link. */
  readonly acts?: ReactNode;
}

/** The selected link. */
export function LinkDetail({ edge, bridge, profileId, acts }: Props) {
  const isMasked = useMasked();
  const { link } = edge;
  const others = new Set(
    [link.a.profile_id, link.b.profile_id].filter((id) => id !== null && id !== profileId),
  );
  return (
    <Card title={`Link: ${endWords(link.a, isMasked)} — ${endWords(link.b, isMasked)}`}>
      <p>
        {link.a.kind ?? "not stored"} and {link.b.kind ?? "not stored"}, stated by{" "}
        {causeWords(link.cause)} <Time at={link.stated_at} form="clock" />. It{" "}
        <b>{statusWords(link.status)}</b>.
      </p>
      {link.reason !== "" && <p>{link.reason}</p>}
      {bridge !== undefined && (
        <p>
          A bridge: without it the person falls into {bridge.nearA} and {bridge.nearB} identifiers.
        </p>
      )}
      {[...others].map((id) => (
        <p key={id}>
          <Link to="/cdp/identity/$id" params={{ id: id ?? "" }}>
            The other person’s identity
          </Link>
        </p>
      ))}
      {acts !== undefined && <div className="mt-2">{acts}</div>}
    </Card>
  );
}
