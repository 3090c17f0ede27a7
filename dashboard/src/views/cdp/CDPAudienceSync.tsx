// /dashboard/cdp/audience-sync: did it go out, to whom, if not why, when next?
import { getRouteApi } from "@tanstack/react-router";
import { AudienceTable } from "@/features/audience/AudienceTable";
import { CreateAudience } from "@/features/audience/CreateAudience";
import { Platforms } from "@/features/audience/Platforms";
import { Button } from "@/ui/Button";
import { Page } from "@/ui/Page";

const route = getRouteApi("/frame/cdp/audience-sync");

/** Platforms and audiences. */
export function CDPAudienceSync() {
  const { open, segment } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page
      title="Audience Sync"
      lead="Lists at ad platforms, kept equal to segments, and only while the data can be trusted."
      acts={
        <Button look="main" onClick={() => void navigate({ search: { open: "new" } })}>
          Create audience
        </Button>
      }
    >
      <Platforms />
      <AudienceTable />
      <CreateAudience
        isOpen={open === "new"}
        segment={segment}
        onClose={() => void navigate({ search: {}, replace: true })}
      />
    </Page>
  );
}
