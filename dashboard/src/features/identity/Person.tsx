// The identity of one person.
import { Link } from "@tanstack/react-router";
import { useIdentityGraph } from "@/api/cdp";
import { Answer } from "@/ui/Answer";
import { Page } from "@/ui/Page";
import { Board } from "./Board";
import { History } from "./History";

/** Why these identifiers are one person, and whether they should be. */
export function Person({ id }: { readonly id: string }) {
  const graph = useIdentityGraph({ params: { path: { id } } });
  return (
    <Page
      title="Identity of a person"
      place="Identity"
      lead="Why are these one person, and should they be?"
      acts={
        <Link to="/cdp/profiles/$id" params={{ id }}>
          Profile
        </Link>
      }
    >
      <Answer asked={graph} name="identity graph" height="30rem">
        {(data) => (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
            {data.redirected_from !== null && (
              <p role="status" className="rounded-card border border-line bg-surface p-3">
                This person was merged into{" "}
                <Link to="/cdp/identity/$id" params={{ id: data.profile_id }}>
                  another one
                </Link>
                , who is shown here.
              </p>
            )}
            <Board key={id} graph={data} />
            <History profileId={data.profile_id} />
          </div>
        )}
      </Answer>
    </Page>
  );
}
