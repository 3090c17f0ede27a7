// /dashboard/cdp/audience-sync/$id: one audience.
import { getRouteApi } from "@tanstack/react-router";
import { AudiencePage } from "@/features/audience/AudiencePage";

const route = getRouteApi("/frame/cdp/audience-sync/$id");

/** One audience, by its address. */
export function CDPAudience() {
  const { id } = route.useParams();
  return <AudiencePage key={id} id={Number(id)} tab={route.useSearch().tab ?? "next"} />;
}
