// What just happened, said to a screen reader and shown for a moment.
import { createContext, useCallback, useContext, useRef, useState, type ReactNode } from "react";

const SHOWN_MS = 6_000;

const AnnounceContext = createContext<(text: string) => void>(() => {});

/** Announce what happened: "Segment published". */
export function useAnnounce(): (text: string) => void {
  return useContext(AnnounceContext);
}

/** Holds the live region that announcements go to. */
export function Announcer({ children }: { readonly children: ReactNode }) {
  const [text, setText] = useState("");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const announce = useCallback((next: string) => {
    clearTimeout(timer.current);
    setText(next);
    timer.current = setTimeout(() => setText(""), SHOWN_MS);
  }, []);
  return (
    <AnnounceContext value={announce}>
      {children}
      <div
        role="status"
        aria-live="polite"
        className="pointer-events-none fixed inset-x-0 bottom-4 z-50 flex justify-center"
      >
        {text !== "" && <p className="rounded-card bg-ink px-4 py-2 text-canvas">{text}</p>}
      </div>
    </AnnounceContext>
  );
}
