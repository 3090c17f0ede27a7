// Gathering all that is held of the person of the address, for whoever asked what that is.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRequestAccess } from "@/api/cdp";
import { refresh } from "@/api/queries";
import { asProblem, Problem } from "@/lib/problem";
import { Act } from "@/ui/Act";
import { Card } from "@/ui/Card";
import { useRefusal } from "@/ui/scopes";
import { isLost, LOST_WORDS, REGISTER } from "./refused";

/** The card of a person. */
export function Gather({ person }: { readonly person: string }) {
  const gather = useRequestAccess();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const act = async (reason: string) => {
    try {
      const request = await gather.mutateAsync({ body: { profile_id: person, reason } });
      await navigate({ to: "/privacy/$id", params: { id: String(request.id) } });
    } catch (error) {
      const problem = asProblem(error);
      await refresh(queries, REGISTER);
      if (!isLost(problem)) throw problem;
      throw new Problem(problem.status, problem.code, LOST_WORDS);
    }
  };
  return (
    <Card title="Tell this person what is held">
      <p className="mb-3">
        Identifiers, traits, consent, events, segments with their reasons, what platforms were sent,
        merges, dead letters, exports and audit entries, in an archive of JSON and CSV with a page
        to read. It waits for its writer; once it is ready, the request's page makes a link to it.
      </p>
      <Act
        name="Gather everything held…"
        title="Gather everything held of this person"
        verb="Gather"
        look="main"
        done="The archive is asked for."
        refusal={useRefusal(gather.scopes)}
        effect={
          <>
            <p>
              The archive holds <b>all of it in clear</b>. Check first that whoever asks is this
              person: Stratum cannot know that.
            </p>
            <p className="mt-2 text-quiet">
              The reason stays in the audit log for ever: name the case there, not the person.
            </p>
          </>
        }
        act={act}
      />
    </Card>
  );
}
