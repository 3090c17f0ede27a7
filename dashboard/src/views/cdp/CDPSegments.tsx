// /dashboard/cdp/segments
import { SegmentList } from "@/features/segment/SegmentList";

/** Segments. */
export function CDPSegments() {
  return <SegmentList />;
}
