// Looking a whole identifier up in any spelling, as every kind that it may be, one after the other.
import { useState, type ReactNode } from "react";
import { useCDPProfile, useLookupProfile } from "@/api/cdp";
import { useWorkspace } from "@/api/cdp/login";
import type { Schemas } from "@/api/schemas";
import type { Problem } from "@/lib/problem";
import type { Spelled } from "@/lib/spelling";
import { Answer, type Asked } from "@/ui/Answer";
import { PROFILE_ID, waysOf } from "./ways";

type Person = Schemas["Profile"];

interface Drawn {
  /** Draws the person, and by which of the ways they were found. */
  readonly found: (person: Person, by: Spelled) => ReactNode;
  /** Draws that nobody was found, and as which kinds the text was tried. */
  readonly nobody: (tried: readonly string[]) => ReactNode;
}
interface Props extends Drawn {
  /** As it was typed. */
  readonly text: string;
}

/** Who owns an identifier; or that nobody does, whatever kind it is. */
export function Lookup({ text, ...drawn }: Props) {
  const workspace = useWorkspace();
  return (
    <Answer asked={workspace} name="identifier kinds" height="3rem" oldAfterS={Infinity}>
      {({ kinds }) => (
        <Try
          key={text}
          ways={waysOf(
            text,
            kinds.map(({ kind }) => kind),
          )}
          place={0}
          {...drawn}
        />
      )}
    </Answer>
  );
}

interface TryProps extends Drawn {
  readonly ways: readonly Spelled[];
  readonly place: number;
}

function Try(props: TryProps) {
  const way = props.ways[props.place];
  if (way === undefined) return props.nobody(props.ways.map(({ kind }) => kind));
  return way.kind === PROFILE_ID ? (
    <ById way={way} {...props} />
  ) : (
    <ByIdentifier way={way} {...props} />
  );
}

interface WayProps extends TryProps {
  readonly way: Spelled;
}

function ById(props: WayProps) {
  const [isUnknown, setUnknown] = useState(false);
  const asked = useCDPProfile(
    { params: { path: { id: props.way.value } } },
    { enabled: !isUnknown }, // who is not there is not asked for again and again
  );
  if (!isUnknown && isNobody(asked.error)) setUnknown(true);
  return <Asking asked={asked} {...props} />;
}

function ByIdentifier(props: WayProps) {
  const asked = useLookupProfile({ params: { query: { ...props.way } } });
  return <Asking asked={asked} {...props} />;
}

interface AskingProps extends WayProps {
  readonly asked: Asked<Person>;
}

function Asking({ asked, way, place, ...rest }: AskingProps) {
  if (isNobody(asked.error)) return <Try key={place + 1} place={place + 1} {...rest} />;
  return (
    <Answer asked={asked} name="person" height="3rem" oldAfterS={Infinity}>
      {(person) => rest.found(person, way)}
    </Answer>
  );
}

/** That nobody has it, or that nobody can. */
function isNobody(error: Problem | null): boolean {
  return error?.status === 404 || error?.status === 422;
}
