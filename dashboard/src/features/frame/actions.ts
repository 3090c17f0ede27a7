// What can be done from anywhere, as far as the key may do it.
import { useNavigate } from "@tanstack/react-router";
import { useCreateAudience, useCreateSegment, useExportAudience } from "@/api/cdp";
import { useRefusal } from "@/ui/scopes";
import { holds, type Found } from "./found";
import { useFreezing } from "./Freeze";

interface Deeds {
  readonly freeze: () => void;
  readonly leave: () => void;
}

/** The acts that a text names and that this key may do; all of them for the empty text. */
export function useActions(wanted: string, { freeze, leave }: Deeds): Found[] {
  const navigate = useNavigate();
  const { isFrozen, refusal } = useFreezing();
  const maySegment = useRefusal(useCreateSegment().scopes) === undefined;
  const mayAudience = useRefusal(useCreateAudience().scopes) === undefined;
  const mayExport = useRefusal(useExportAudience().scopes) === undefined;
  const acts = [
    { name: "Freeze all pushes…", isOffered: !isFrozen && refusal === undefined, run: freeze },
    {
      name: "New segment",
      isOffered: maySegment,
      run: () => void navigate({ to: "/cdp/segments/new" }),
    },
    {
      name: "Create audience",
      isOffered: mayAudience,
      run: () => void navigate({ to: "/cdp/audience-sync", search: { open: "new" } }),
    },
    {
      name: "Export people",
      isOffered: mayExport,
      run: () => void navigate({ to: "/operate/exports" }),
    },
    { name: "Log out", isOffered: true, run: leave, stays: true },
  ];
  return acts
    .filter(({ name, isOffered }) => isOffered && holds(name, wanted))
    .map(({ name, run, stays }) => ({
      group: "act",
      name,
      to: name,
      run,
      closes: stays !== true,
    }));
}
