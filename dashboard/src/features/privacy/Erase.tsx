// Erasing the person of the address: the preview, what becomes of later activity, and the act.
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePreviewErasure, useRequestErasure } from "@/api/cdp";
import { refresh } from "@/api/queries";
import type { Schemas } from "@/api/schemas";
import { asProblem, Problem } from "@/lib/problem";
import { Act } from "@/ui/Act";
import { Answer } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { useRefusal } from "@/ui/scopes";
import { usePrivacyAddress } from "./addressing";
import { Later, Typed, type Afterwards } from "./Confirm";
import { Preview } from "./Preview";
import { isUnsettled, refusedWords, REGISTER } from "./refused";
import { isTyped } from "./words";

type Found = Schemas["ErasurePreview"];

/** The card of a person. */
export function Erase({ person }: { readonly person: string }) {
  const { change } = usePrivacyAddress();
  const refusal = useRefusal(useRequestErasure().scopes);
  return (
    <Card
      title="Erase this person"
      aside={
        <span className="flex flex-wrap gap-4">
          <Link to="/cdp/profiles/$id" params={{ id: person }}>
            Profile
          </Link>
          <Button look="bare" className="min-h-7" onClick={() => change({ person: undefined })}>
            Close
          </Button>
        </span>
      }
    >
      {refusal === undefined ? (
        <Previewed person={person} />
      ) : (
        <div className="grid gap-3">
          <p>{refusal} The preview needs it, too.</p>
          <p>
            <Button look="danger" refusal={refusal}>
              Erase…
            </Button>
          </p>
        </div>
      )}
    </Card>
  );
}

function Previewed({ person }: { readonly person: string }) {
  const preview = usePreviewErasure({ profile_id: person });
  return (
    <Answer asked={preview} name="preview" height="16rem">
      {(found) => (
        <div className="grid gap-3">
          <Preview preview={found} />
          <Waiting number={found.open_request} />
          <p className="flex flex-wrap gap-2">
            <EraseAct found={found} preview={preview} />
            <Button isBusy={preview.isFetching} onClick={() => void preview.refetch()}>
              Preview again
            </Button>
          </p>
        </div>
      )}
    </Answer>
  );
}

function Waiting({ number }: { readonly number: number | null }) {
  if (number === null) return null;
  return (
    <p role="note" className="rounded-card border border-degraded p-3">
      <Link to="/privacy/$id" params={{ id: String(number) }}>
        Request {number}
      </Link>{" "}
      asks for this already and is not processed yet. If it was not sent, “Send again” is there.
    </p>
  );
}

interface ActProps {
  readonly found: Found;
  readonly preview: ReturnType<typeof usePreviewErasure>;
}

/** The act; what was typed holds for one preview alone. */
function EraseAct({ found, preview }: ActProps) {
  const erase = useRequestErasure();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [afterwards, setAfterwards] = useState<Afterwards>("new");
  const [typed, setTyped] = useState({ text: "", fingerprint: "" });
  const text = typed.fingerprint === found.fingerprint ? typed.text : "";
  const masked = found.masked[0]?.masked ?? "";
  const missing =
    found.open_request !== null
      ? `Request ${found.open_request} asks for this already.`
      : isTyped(text, masked)
        ? undefined
        : `Type ${masked} first.`;
  const act = async (reason: string) => {
    try {
      const request = await erase.mutateAsync({
        body: {
          profile_id: found.profile_id,
          fingerprint: found.fingerprint,
          afterwards,
          reason,
        },
      });
      await navigate({ to: "/privacy/$id", params: { id: String(request.id) } });
    } catch (error) {
      const problem = asProblem(error);
      if (!isUnsettled(problem)) throw problem;
      setTyped({ text: "", fingerprint: "" });
      const [again] = await Promise.all([preview.refetch(), refresh(queries, REGISTER)]);
      const read = again.isSuccess ? again.data : undefined;
      throw new Problem(problem.status, problem.code, refusedWords(problem, read));
    }
  };
  return (
    <Act
      name="Erase…"
      title="Erase this person"
      verb="Erase for good"
      look="danger"
      done="The erasure is requested."
      missing={missing}
      refusal={
        masked === ""
          ? "This person has no identifier: there is none to type, and none that could be erased."
          : undefined
      }
      effect={
        <div className="grid gap-4">
          <p>
            The person and all that the preview names are removed, and their access archives and
            links to them end. <b>It cannot be taken back.</b>
          </p>
          <Waiting number={found.open_request} />
          <Later value={afterwards} onChange={setAfterwards} />
          <Typed
            masked={masked}
            value={text}
            onChange={(next) => setTyped({ text: next, fingerprint: found.fingerprint })}
          />
          <p className="text-quiet">
            The reason stays in the audit log for ever: name the case there, not the person.
          </p>
        </div>
      }
      act={act}
    />
  );
}
