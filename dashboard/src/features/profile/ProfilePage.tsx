// One person on a page of their own.
import { Link } from "@tanstack/react-router";
import { Page } from "@/ui/Page";
import { Person } from "./Person";

/** The page; its title names nobody, since titles stay in the browser's history. */
export function ProfilePage({ id }: { readonly id: string }) {
  return (
    <Page
      title="Profile of a person"
      place="Profiles"
      acts={
        <>
          <Link to="/privacy" search={{ person: id }} className="inline-flex min-h-9 items-center">
            Privacy…
          </Link>
          <Link to="/cdp/profiles" className="inline-flex min-h-9 items-center">
            All profiles
          </Link>
        </>
      }
    >
      <Person key={id} id={id} />
    </Page>
  );
}
