// One privacy request: how far it is, what is left, and what came of it.
import { Link } from "@tanstack/react-router";
import { useOpenPrivacyRequest, usePrivacyRequest } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Answer, Empty } from "@/ui/Answer";
import { Archive } from "./Archive";
import { Facts } from "./Facts";
import { Receipt } from "./Receipt";
import { isUnderWay } from "./statuses";
import { Recipients, Steps } from "./Steps";

/** The parts of the page. */
export function RequestPage({ id }: { readonly id: string }) {
  if (!/^\d+$/.test(id))
    return (
      <Empty title="No request has this number">
        <Link to="/privacy">All requests</Link>
      </Empty>
    );
  return <Numbered id={Number(id)} />;
}

function Numbered({ id }: { readonly id: number }) {
  const request = usePrivacyRequest({ params: { path: { id } } });
  return (
    <Answer asked={request} name="privacy request" height="24rem">
      {(row) => (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          {isUnderWay(row.status) && <Followed id={id} />}
          <Facts row={row} />
          <Parts row={row} />
        </div>
      )}
    </Answer>
  );
}

/** Reads a request often while something happens to it; the page shows what is read. */
function Followed({ id }: { readonly id: number }) {
  useOpenPrivacyRequest({ params: { path: { id } } });
  return null;
}

function Parts({ row }: { readonly row: Schemas["RequestDetailView"] }) {
  if (row.archive !== null) return <Archive request={row} archive={row.archive} />;
  if (row.kind !== "erasure" && row.kind !== "retention") return null;
  return (
    <>
      {row.processed_at !== null && <Steps steps={row.steps} />}
      <Recipients request={row} />
      <Receipt request={row} />
    </>
  );
}
