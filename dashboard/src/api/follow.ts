// Reading something again when the live feed tells of it, at most once a second.
import { useCallback, useEffect, useRef } from "react";
import { useLiveMessages, type Topic } from "./live";

const LEAST_MS = 1_000;

/** Call `again` after messages of a topic; many within a second count once. */
export function useFollowed(topic: Topic, again: () => Promise<unknown>): void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const hear = useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void again();
    }, LEAST_MS);
  }, [again]);
  useLiveMessages(topic, hear);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
