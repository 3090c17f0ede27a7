// /dashboard/trust/decisions: what the gate decided, and why.
import { getRouteApi } from "@tanstack/react-router";
import { DecisionList } from "@/features/push/DecisionList";
import { Strip } from "@/features/push/Strip";
import { Page } from "@/ui/Page";

const route = getRouteApi("/frame/trust/decisions");

/** The list of decisions. */
export function Decisions() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page
      title="Decisions"
      lead="Every verdict of the trust gate, with its reasons. Open one for the push's story."
    >
      <Strip search={search} onSearch={(next) => void navigate({ search: next })} />
      <DecisionList search={search} onSearch={(next) => void navigate({ search: next })} />
    </Page>
  );
}
