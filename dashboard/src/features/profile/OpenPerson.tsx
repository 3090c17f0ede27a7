// One person over the list, with the neighbours of their row by arrow keys.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { formatCount } from "@/lib/number";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Icon } from "@/ui/Icon";
import { useKeyPresses } from "@/ui/keys";
import type { More } from "@/ui/LoadMore";
import { OF_A_PERSON } from "./address";
import { useProfileAddress } from "./addressing";
import { Person } from "./Person";

interface Props {
  readonly people: readonly Schemas["ProfileSummary"][];
  readonly more: More;
}

/** The person whom `open` in the address names. */
export function OpenPerson({ people, more }: Props) {
  const [{ open, tab }, change] = useProfileAddress();
  const at = people.findIndex((person) => person.id === open);
  const last = people.length - 1;
  const go = (step: 1 | -1) => {
    const next = at === -1 ? undefined : people[at + step];
    if (next === undefined) return;
    change({ ...OF_A_PERSON, open: next.id });
    if (at + step === last && more.hasNextPage) void more.fetchNextPage();
  };
  useKeyPresses((event) => {
    if (open === undefined || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
      return;
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : undefined;
    if (step === undefined || usesArrows(event.target)) return;
    event.preventDefault();
    go(step);
  });
  return (
    <Dialog
      title="Person"
      form="sheet"
      isOpen={open !== undefined}
      onClose={() => change({ ...OF_A_PERSON, open: undefined, tab: undefined })}
    >
      {open !== undefined && (
        <>
          <p className="flex flex-wrap items-center gap-2">
            <Button
              refusal={at > 0 ? undefined : "This is the first row."}
              aria-keyshortcuts="ArrowLeft"
              onClick={() => go(-1)}
            >
              <Icon name="left" />
              Previous
            </Button>
            <Button
              refusal={at !== -1 && at < last ? undefined : "This is the last row that is loaded."}
              aria-keyshortcuts="ArrowRight"
              onClick={() => go(1)}
            >
              Next
              <Icon name="right" />
            </Button>
            <span role="status" className="text-quiet">
              {at === -1
                ? "not among the rows of the list"
                : `row ${formatCount(at + 1)} of ${formatCount(last + 1)} loaded`}
            </span>
            <Link
              to="/cdp/profiles/$id"
              params={{ id: open }}
              search={{ tab }}
              className="ml-auto inline-flex min-h-6 items-center"
            >
              Open as a page
            </Link>
          </p>
          <Person key={open} id={open} />
        </>
      )}
    </Dialog>
  );
}

/** Whether arrow keys mean something else where the focus is. */
function usesArrows(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("input, select, textarea, [role=region], pre") !== null
  );
}
