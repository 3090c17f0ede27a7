// What became of a dead letter: a word and a shape.
import { Icon } from "@/ui/Icon";

const LOOKS = {
  open: { icon: "square", colour: "text-unhealthy" },
  retrying: { icon: "sync", colour: "text-degraded" },
  resolved: { icon: "check", colour: "text-healthy" },
} as const;

/** The status. */
export function LetterStatus({ status }: { readonly status: keyof typeof LOOKS }) {
  const { icon, colour } = LOOKS[status];
  return (
    <span
      className={`inline-flex items-baseline gap-1 [&>svg]:self-center whitespace-nowrap ${colour}`}
    >
      <Icon name={icon} /> {status}
    </span>
  );
}
