// /dashboard/cdp/profiles/$id
import { getRouteApi } from "@tanstack/react-router";
import { ProfilePage } from "@/features/profile/ProfilePage";

const route = getRouteApi("/frame/cdp/profiles/$id");

/** One person on a page of their own. */
export function CDPProfile() {
  const { id } = route.useParams();
  return <ProfilePage key={id} id={id} />;
}
