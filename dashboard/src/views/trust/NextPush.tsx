// /dashboard/trust/decisions/next/$id: the next push of an audience, as a plan.
import { getRouteApi } from "@tanstack/react-router";
import { NextStory } from "@/features/push/NextStory";

const route = getRouteApi("/frame/trust/decisions/next/$id");

/** The next push, by its audience. */
export function NextPush() {
  const { id } = route.useParams();
  return <NextStory key={id} id={Number(id)} />;
}
