// /dashboard/trust/alerts/$id: one alert.
import { getRouteApi } from "@tanstack/react-router";
import { AlertPage } from "@/features/alert/AlertPage";

const route = getRouteApi("/frame/trust/alerts/$id");

/** One alert, by its address. */
export function Alert() {
  const { id } = route.useParams();
  return <AlertPage key={id} id={Number(id)} />;
}
