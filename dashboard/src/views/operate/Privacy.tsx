// /dashboard/privacy and /dashboard/privacy/$id: one file, since whoever opens one opens the other.
import { Link, useParams } from "@tanstack/react-router";
import { PrivacyPage } from "@/features/privacy/PrivacyPage";
import { RequestPage } from "@/features/privacy/RequestPage";
import { Page } from "@/ui/Page";

/** What can be done for a person who asks. */
export function Privacy() {
  return (
    <Page
      title="Privacy"
      lead="What is held of a person, how it stops being sent, and how it is erased and proved."
    >
      <PrivacyPage />
    </Page>
  );
}

/** One privacy request, from the register to its receipt. */
export function PrivacyRequest() {
  const { id } = useParams({ from: "/frame/privacy/$id" });
  return (
    <Page
      title={`Privacy request ${id}`}
      place="Privacy"
      acts={
        <Link to="/privacy" className="inline-flex min-h-9 items-center">
          All requests
        </Link>
      }
    >
      <RequestPage key={id} id={id} />
    </Page>
  );
}
