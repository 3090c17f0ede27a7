// The page's symbols, 16 px, drawn with the text's colour.
import type { ReactNode } from "react";

const stroke = {
  fill: "none",
  stroke: "currentColor",
  strokeWidth: 1.5,
  strokeLinecap: "round",
  strokeLinejoin: "round",
} as const;

const ICONS = {
  disc: <circle cx="8" cy="8" r="5.5" fill="currentColor" />,
  triangle: <path d="M8 2.2 14.4 13.5H1.6Z" fill="currentColor" />,
  square: <rect x="3" y="3" width="10" height="10" fill="currentColor" />,
  ring: <circle cx="8" cy="8" r="5.5" {...stroke} strokeDasharray="3 2.2" />,
  check: <path d="m3 8.5 3.5 3.5L13 4.5" {...stroke} strokeWidth={2} />,
  pause: <path d="M5.5 3v10M10.5 3v10" {...stroke} strokeWidth={2.2} />,
  forbidden: (
    <path
      d="M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2ZM4 12 12 4"
      {...stroke}
      strokeWidth={1.8}
    />
  ),
  snow: <path d="M8 1.5v13M2.4 4.8l11.2 6.4M13.6 4.8 2.4 11.2" {...stroke} />,
  cross: <path d="m4 4 8 8m0-8-8 8" {...stroke} strokeWidth={2} />,
  plus: <path d="M8 3v10M3 8h10" {...stroke} />,
  more: <path d="M8 3.5v.01M8 8v.01M8 12.5v.01" {...stroke} strokeWidth={2.4} />,
  down: <path d="m4 6 4 4 4-4" {...stroke} />,
  right: <path d="m6 4 4 4-4 4" {...stroke} />,
  left: <path d="m10 4-4 4 4 4" {...stroke} />,
  search: <path d="M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.3 10.3 14 14" {...stroke} />,
  menu: <path d="M2.5 4h11M2.5 8h11M2.5 12h11" {...stroke} />,
  overview: <path d="M2.5 9.5 8 3l5.5 6.5M4 8v5.5h8V8" {...stroke} />,
  people: (
    <path
      d="M8 8.2a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM2.8 14c.5-2.6 2.5-4 5.2-4s4.7 1.4 5.2 4"
      {...stroke}
    />
  ),
  segment: (
    <path
      d="M6 3.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6Zm4 0a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6Z"
      {...stroke}
    />
  ),
  event: <path d="M1.5 8.5h3l2-5 3 9 2-4h3" {...stroke} />,
  graph: (
    <path
      d="M4 5.5a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Zm8 1.7a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Zm-5 7a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6ZM5 5l1.5 5.6M10.8 6.8l-2.7 4.2M5.8 4l4.5 1"
      {...stroke}
    />
  ),
  sync: (
    <path
      d="M2.5 7a5.5 5.5 0 0 1 10-2.5V2m0 2.5H10M13.5 9a5.5 5.5 0 0 1-10 2.5V14m0-2.5H6"
      {...stroke}
    />
  ),
  shield: <path d="M8 1.8 13.5 4v4c0 3.2-2.3 5.3-5.5 6.3C4.8 13.3 2.5 11.2 2.5 8V4Z" {...stroke} />,
  insight: <path d="M2.5 13.5h11M4 11V7.5M8 11V3M12 11V5.5" {...stroke} />,
  operate: (
    <path
      d="M8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5ZM8 1.5v2m0 9v2M1.5 8h2m9 0h2M3.4 3.4l1.4 1.4m6.4 6.4 1.4 1.4m0-9.2-1.4 1.4M4.8 11.2l-1.4 1.4"
      {...stroke}
    />
  ),
  lock: <path d="M4 7h8v6.5H4ZM5.5 7V5a2.5 2.5 0 0 1 5 0v2" {...stroke} />,
  alert: <path d="M8 2a4 4 0 0 0-4 4v3l-1.5 2.5h11L12 9V6a4 4 0 0 0-4-4ZM6.5 13.5h3" {...stroke} />,
  theme: <path d="M8 2.2a5.8 5.8 0 1 0 0 11.6Z" fill="currentColor" stroke="currentColor" />,
  eye: (
    <path
      d="M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8ZM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6Z"
      {...stroke}
    />
  ),
  link: (
    <path
      d="M6.5 9.5 9.5 6.5M7 4.5 8.5 3a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5 7.5 13A3 3 0 0 1 3 8.5L4.5 7"
      {...stroke}
    />
  ),
  out: <path d="M9.5 2.5h-6v11h6M7 8h7m0 0-2.5-2.5M14 8l-2.5 2.5" {...stroke} />,
  anomaly: <path d="M8 1.8 14.2 8 8 14.2 1.8 8Z" fill="currentColor" />,
  layers: <path d="M8 1.8 14 5 8 8.2 2 5ZM2 8l6 3.2L14 8M2 11l6 3.2 6-3.2" {...stroke} />,
} satisfies Record<string, ReactNode>;

/** Names of symbols. */
export type IconName = keyof typeof ICONS;

interface Props {
  readonly name: IconName;
  readonly className?: string;
}

/** A symbol; what it means is said by the text beside it. */
export function Icon({ name, className = "" }: Props) {
  return (
    <svg aria-hidden="true" viewBox="0 0 16 16" className={`size-4 shrink-0 ${className}`}>
      {ICONS[name]}
    </svg>
  );
}
