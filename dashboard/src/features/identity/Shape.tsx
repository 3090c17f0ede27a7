// A node's shape says its kind: never colour alone.
const HEXAGON = "M0 -10 8.7 -5 8.7 5 0 10 -8.7 5 -8.7 -5Z";
const DIAMOND = "M0 -10 10 0 0 10 -10 0Z";
const TRIANGLE = "M0 -10 9.5 7 -9.5 7Z";

interface Props {
  readonly kind: string;
  readonly isGhost: boolean;
  readonly isChosen: boolean;
  /** The outline's dash: which group the identifier hangs together with. */
  readonly dash: string;
}

/** Hexagon user id, disc e-mail, square phone, diamond device, ring anonymous, else triangle. */
export function Shape({ kind, isGhost, isChosen, dash }: Props) {
  const look = {
    className: `${isGhost || kind === "anonymous_id" ? "fill-surface" : "fill-quiet"} ${
      isChosen ? "stroke-focus" : "stroke-ink"
    }`,
    strokeWidth: isChosen ? 4 : 2,
    strokeDasharray: isGhost ? "2 2" : dash,
  };
  if (kind === "user_id") return <path d={HEXAGON} {...look} />;
  if (kind === "email") return <circle r={9} {...look} />;
  if (kind === "phone") return <rect x={-8.5} y={-8.5} width={17} height={17} {...look} />;
  if (kind.startsWith("device")) return <path d={DIAMOND} {...look} />;
  if (kind === "anonymous_id")
    return (
      <>
        <circle r={9} {...look} />
        <circle r={3} className="fill-none stroke-ink" />
      </>
    );
  return <path d={TRIANGLE} {...look} />;
}
