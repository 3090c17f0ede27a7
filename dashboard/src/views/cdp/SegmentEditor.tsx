// /dashboard/cdp/segments/new and /dashboard/cdp/segments/$id/edit
import { useParams } from "@tanstack/react-router";
import { EditSegment, NewSegment } from "@/features/segment/edit/EditorPage";

/** Make or edit a segment. */
export function SegmentEditor() {
  const { id } = useParams({ strict: false });
  return id === undefined ? <NewSegment /> : <EditSegment key={id} />;
}
