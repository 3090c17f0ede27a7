// /dashboard/privacy
import { PrivacyPage } from "@/features/privacy/PrivacyPage";
import { Page } from "@/ui/Page";

/** What can be done for a person who asks. */
export function Privacy() {
  return (
    <Page
      title="Privacy"
      lead="What is held of a person, how it stops being sent, and what cannot be done yet."
    >
      <PrivacyPage />
    </Page>
  );
}
