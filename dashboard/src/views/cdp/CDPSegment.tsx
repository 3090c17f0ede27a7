// /dashboard/cdp/segments/$id: who is in, how does it move, is it safe to change?
import { getRouteApi } from "@tanstack/react-router";
import { SegmentPage } from "@/features/segment/SegmentPage";

const route = getRouteApi("/frame/cdp/segments/$id");

/** One segment. */
export function CDPSegment() {
  const { id } = route.useParams();
  return <SegmentPage key={id} id={Number(id)} />;
}
