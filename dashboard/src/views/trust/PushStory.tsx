// /dashboard/trust/decisions/$id: the story of one push.
import { getRouteApi } from "@tanstack/react-router";
import { PushStory as Story } from "@/features/push/PushStory";

const route = getRouteApi("/frame/trust/decisions/$id");

/** One decision, from the reason why it was due to what came of it. */
export function PushStory() {
  const { id } = route.useParams();
  return <Story key={id} id={Number(id)} />;
}
