// Computed traits: what is computed of everybody's events, and the sheet of the one that is open.
import { getRouteApi } from "@tanstack/react-router";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Page } from "@/ui/Page";
import { NewTrait } from "./NewTrait";
import { TraitSheet } from "./TraitSheet";
import { TraitTable } from "./TraitTable";

const route = getRouteApi("/frame/insight/traits");

/** The page of computed traits. */
export function TraitPage() {
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const go = (next: string | undefined) => void navigate({ search: { open: next }, replace: true });
  const close = () => go(undefined);
  const id = open === undefined || open === "new" ? null : Number(open);
  return (
    <Page
      title="Computed traits"
      place="Insight"
      lead="Values that are computed of everybody's events as they come, for profiles and rules."
      acts={
        <Button look="main" onClick={() => go("new")}>
          New trait
        </Button>
      }
    >
      <TraitTable open={id} />
      <Dialog
        title={id === null ? "New computed trait" : "Computed trait"}
        isOpen={open !== undefined}
        onClose={close}
        form="sheet"
      >
        {id === null ? (
          <NewTrait onMade={(made) => go(String(made))} onClose={close} />
        ) : (
          <TraitSheet key={id} id={id} onClose={close} />
        )}
      </Dialog>
    </Page>
  );
}
