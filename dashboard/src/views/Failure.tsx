// What stands where a whole page failed: it did not come, or it cannot be drawn.
import { Broken } from "@/ui/Failed";
import { Page } from "@/ui/Page";

/** The page that failed, with a way to load it again. */
export function Failure({ error }: { readonly error: unknown }) {
  return (
    <Page title="This page cannot be shown">
      <Broken name="page" error={error} />
    </Page>
  );
}
