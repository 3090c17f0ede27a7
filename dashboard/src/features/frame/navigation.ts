// The sections of the sidebar and their pages, in their order.
import type { IconName } from "@/ui/Icon";

/** A page of the sidebar. */
export interface Entry {
  readonly name: string;
  readonly to: string;
  readonly icon: IconName;
  /** The key after `g` that goes there. */
  readonly key?: string;
}

/** A section of the sidebar. */
export interface Section {
  readonly name: string;
  readonly icon: IconName;
  readonly entries: readonly Entry[];
}

export const SECTIONS: readonly Section[] = [
  {
    name: "CDP",
    icon: "layers",
    entries: [
      { name: "Overview", to: "/cdp", icon: "overview", key: "o" },
      { name: "Profiles", to: "/cdp/profiles", icon: "people", key: "p" },
      { name: "Segments", to: "/cdp/segments", icon: "segment", key: "s" },
      { name: "Events", to: "/cdp/events", icon: "event", key: "e" },
      { name: "Identity", to: "/cdp/identity", icon: "graph", key: "i" },
      { name: "Audience Sync", to: "/cdp/audience-sync", icon: "sync", key: "a" },
    ],
  },
  {
    name: "Trust",
    icon: "shield",
    entries: [
      { name: "Signals", to: "/trust/signals", icon: "event", key: "t" },
      { name: "Gate", to: "/trust/gate", icon: "shield" },
      { name: "Decisions", to: "/trust/decisions", icon: "check" },
      { name: "Alerts", to: "/trust/alerts", icon: "alert" },
      { name: "Audit", to: "/trust/audit", icon: "lock" },
    ],
  },
  {
    name: "Insight",
    icon: "insight",
    entries: [
      { name: "Funnels", to: "/insight/funnels", icon: "down" },
      { name: "RFM", to: "/insight/rfm", icon: "insight" },
      { name: "Computed traits", to: "/insight/traits", icon: "plus" },
    ],
  },
  {
    name: "Operate",
    icon: "operate",
    entries: [
      { name: "Dead letters", to: "/operate/dead-letters", icon: "cross" },
      { name: "Lag", to: "/operate/lag", icon: "right" },
      { name: "Sweeps", to: "/operate/sweeps", icon: "sync" },
      { name: "Exports", to: "/operate/exports", icon: "down" },
      { name: "Privacy", to: "/privacy", icon: "eye" },
    ],
  },
];
