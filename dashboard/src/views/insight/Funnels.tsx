// /dashboard/insight/funnels
import { FunnelPage } from "@/features/funnel/FunnelPage";

/** Funnels. */
export function Funnels() {
  return <FunnelPage />;
}
