// The parts of the exports' page: the list, the one that is open, and the dialog for a new one.
import { getRouteApi } from "@tanstack/react-router";
import { useExportAudience } from "@/api/cdp";
import { Button } from "@/ui/Button";
import { Page } from "@/ui/Page";
import { useRefusal } from "@/ui/scopes";
import { CreateExport } from "./CreateExport";
import { ExportList } from "./ExportList";
import { ExportSheet } from "./ExportSheet";

const route = getRouteApi("/frame/operate/exports");

/** The page. */
export function ExportPage() {
  const { open, segment } = route.useSearch();
  const navigate = route.useNavigate();
  const refusal = useRefusal(useExportAudience().scopes);
  const show = (next: number | "new" | undefined) =>
    void navigate({
      search: (earlier) => ({ ...earlier, open: next, segment: undefined }),
    });
  const shown = typeof open === "number" ? open : undefined;
  return (
    <Page
      title="Exports"
      place="Operate"
      lead="People as files. Every export and every download is in the audit log."
      acts={
        <Button look="main" refusal={refusal} onClick={() => show("new")}>
          Export people…
        </Button>
      }
    >
      <ExportList open={shown} />
      <ExportSheet id={shown} onClose={() => show(undefined)} />
      <CreateExport
        isOpen={open === "new"}
        segment={segment}
        onClose={() => {
          // The dialog also closes when it gives way to the export that it made.
          if (open === "new") show(undefined);
        }}
        onMade={(id) => show(id)}
      />
    </Page>
  );
}
