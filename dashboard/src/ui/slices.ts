// Long calculations in short slices, so that the page stays quick while they run.
import { useEffect, useState } from "react";

const SLICE_MS = 8;

/** What a generator returns, worked out in slices; null until it is there or where none is asked. */
export function useSliced<Result>(
  begin: (() => Generator<undefined, Result>) | null,
): Result | null {
  const [found, setFound] = useState<{ of: unknown; result: Result } | null>(null);
  useEffect(() => {
    if (begin === null) return;
    const steps = begin();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const work = () => {
      const until = performance.now() + SLICE_MS;
      while (performance.now() < until) {
        const step = steps.next();
        if (step.done) {
          setFound({ of: begin, result: step.value });
          return;
        }
      }
      timer = setTimeout(work);
    };
    work();
    return () => clearTimeout(timer);
  }, [begin]);
  return begin !== null && found?.of === begin ? found.result : null;
}
