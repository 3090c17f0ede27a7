// /dashboard/operate/exports
import { ExportPage } from "@/features/export/ExportPage";

/** People as files. */
export function Exports() {
  return <ExportPage />;
}
