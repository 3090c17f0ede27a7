// Keys pressed anywhere on the page.
import { useEffect, useEffectEvent } from "react";

/** Hear every key that is pressed while a component is shown. */
export function useKeyPresses(hear: (event: KeyboardEvent) => void): void {
  const heard = useEffectEvent(hear);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => heard(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
