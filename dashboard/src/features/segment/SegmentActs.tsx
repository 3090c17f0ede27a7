// What can be done with a segment: edit, publish, pause, resume, delete.
import { Link, useNavigate } from "@tanstack/react-router";
import {
  useAudiences,
  useDeleteSegment,
  usePauseSegment,
  usePublishSegment,
  useResumeSegment,
} from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useEvery } from "@/api/every";
import { formatEstimate, plural } from "@/lib/number";
import { Act } from "@/ui/Act";
import { Button } from "@/ui/Button";
import { NotWhole } from "@/ui/NotAll";
import { useRefusal } from "@/ui/scopes";
import { useNamedSegments, usersOf } from "./names";

type Segment = Schemas["SegmentView"];
interface Props {
  readonly segment: Segment;
}

/** The acts that its state allows. */
export function SegmentActs({ segment }: Props) {
  const navigate = useNavigate();
  const refusal = useRefusal(usePublishSegment().scopes);
  const isPublished = segment.newest_version === segment.version;
  return (
    <>
      <Button
        onClick={() =>
          void navigate({ to: "/cdp/segments/$id/edit", params: { id: String(segment.id) } })
        }
      >
        Edit
      </Button>
      {!isPublished && (
        <Button
          look="main"
          refusal={refusal}
          onClick={() =>
            void navigate({
              to: "/cdp/segments/$id/edit",
              params: { id: String(segment.id) },
              search: { open: "publish" },
            })
          }
        >
          Publish…
        </Button>
      )}
      {segment.status === "live" && <Pause segment={segment} />}
      {segment.status === "paused" && <Resume segment={segment} />}
      <Delete segment={segment} />
    </>
  );
}

function Pause({ segment }: Props) {
  const pause = usePauseSegment();
  return (
    <Act
      name="Pause…"
      title="Pause the segment"
      verb="Pause"
      done="The segment is paused."
      hasReason={false}
      refusal={useRefusal(pause.scopes)}
      effect={
        <p>
          Its {formatEstimate(segment.members.value, segment.members.exact)} members stay as they
          are: nobody enters or leaves until it is resumed. Audiences keep following those members.
        </p>
      }
      act={() => pause.mutateAsync({ params: { path: { id: segment.id } } })}
    />
  );
}

function Resume({ segment }: Props) {
  const resume = useResumeSegment();
  return (
    <Act
      name="Resume…"
      title="Resume the segment"
      verb="Resume"
      done="The segment follows its rule again."
      hasReason={false}
      refusal={useRefusal(resume.scopes)}
      effect={
        <p>
          A sweep brings everybody up to date with the rule as it is: many may enter or leave at
          once. The gate judges what its audiences would send.
        </p>
      }
      act={() => resume.mutateAsync({ params: { path: { id: segment.id } } })}
    />
  );
}

function Delete({ segment }: Props) {
  const remove = useDeleteSegment();
  const navigate = useNavigate();
  return (
    <Act
      name="Delete…"
      title="Delete the segment"
      verb="Delete"
      done="The segment is deleted."
      look="danger"
      refusal={useRefusal(remove.scopes)}
      effect={<DeleteEffect segment={segment} />}
      act={async (reason) => {
        await remove.mutateAsync({ params: { path: { id: segment.id } }, body: { reason } });
        await navigate({ to: "/cdp/segments" });
      }}
    />
  );
}

/** Who would leave, and who stands against it: the API refuses while anything refers to it. */
function DeleteEffect({ segment }: Props) {
  const users = usersOf(useNamedSegments(), segment.id);
  const every = useEvery(useAudiences({ params: { query: { segment: segment.id, limit: 200 } } }));
  const audiences = every.rows;
  return (
    <div className="grid gap-2">
      <p>
        {segment.version === 0
          ? "It was never published: only the draft goes."
          : `Its ${formatEstimate(segment.members.value, segment.members.exact)} members leave it. Its versions cannot be brought back.`}
      </p>
      {users.length + audiences.length > 0 && (
        <>
          <p>
            It is refused while {plural(users.length, "segment refers", "segments refer")} to it and{" "}
            {plural(audiences.length, "audience follows", "audiences follow")} it:
          </p>
          <ul className="list-disc pl-5">
            {users.map((user) => (
              <li key={user.id}>
                segment{" "}
                <Link to="/cdp/segments/$id" params={{ id: String(user.id) }}>
                  {user.name}
                </Link>
              </li>
            ))}
            {audiences.map((audience) => (
              <li key={audience.id}>
                audience{" "}
                <Link to="/cdp/audience-sync/$id" params={{ id: String(audience.id) }}>
                  {audience.name}
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
      <NotWhole name="audiences" {...every} />
    </div>
  );
}
