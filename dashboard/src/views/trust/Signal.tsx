// /dashboard/trust/signals/$signal: is it sick, since when, why exactly this number, what follows?
import { getRouteApi } from "@tanstack/react-router";
import { SignalPage } from "@/features/signal/SignalPage";

const route = getRouteApi("/frame/trust/signals/$signal");

/** One signal. */
export function Signal() {
  const { signal } = route.useParams();
  return <SignalPage key={signal} signal={signal} />;
}
