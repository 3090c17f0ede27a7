// /dashboard/insight/rfm
import { RfmPage } from "@/features/rfm/RfmPage";

/** RFM. */
export function Rfm() {
  return <RfmPage />;
}
