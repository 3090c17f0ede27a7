// Why one person is in the segment or not, beside the list that they stand in.
import { getRouteApi } from "@tanstack/react-router";
import { Dialog } from "@/ui/Dialog";
import { Button } from "@/ui/Button";
import { Why } from "@/why/Why";

const route = getRouteApi("/frame/cdp/segments/$id");

/** A sheet for the person in the address. */
export function WhySheet({ segment }: { readonly segment: number }) {
  const { person } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Dialog
      form="sheet"
      title="Why?"
      isOpen={person !== undefined}
      onClose={() =>
        void navigate({
          search: (earlier) => ({ ...earlier, person: undefined }),
          replace: true,
        })
      }
    >
      {person !== undefined && <Why key={person} profile={person} segment={segment} />}
    </Dialog>
  );
}

/** The button that opens it. */
export function WhyButton({ profile }: { readonly profile: string }) {
  const navigate = route.useNavigate();
  return (
    <Button
      look="bare"
      className="min-h-7 px-2 text-table text-focus"
      onClick={() => void navigate({ search: (earlier) => ({ ...earlier, person: profile }) })}
    >
      why ›
    </Button>
  );
}
