// A person in a list: the strongest identifier, masked, as a link to the profile.
import { Link } from "@tanstack/react-router";
import { Mask } from "./Mask";

interface Props {
  readonly profile: string;
  readonly identifiers: readonly { readonly kind: string; readonly value: string }[];
}

const USUAL = ["email", "phone", "user_id"];

/** Who it is; by profile id where nothing else is known. */
export function PersonLink({ profile, identifiers }: Props) {
  const named = USUAL.map((kind) => identifiers.find((each) => each.kind === kind)).find(Boolean);
  const shown = named ?? identifiers[0];
  return (
    <Link to="/cdp/profiles/$id" params={{ id: profile }} className="break-all">
      {shown === undefined ? (
        profile.slice(0, 8)
      ) : (
        <>
          <span className="sr-only">{shown.kind} </span>
          <Mask value={shown.value} />
        </>
      )}
    </Link>
  );
}
