// The measured width of a chart's box: charts are drawn in CSS pixels, not scaled pictures.
import { type RefCallback, useCallback, useState } from "react";

/** A ref for the box and its width; 0 until it is measured. */
export function useWidth(): [RefCallback<HTMLElement>, number] {
  const [width, setWidth] = useState(0);
  const box = useCallback((element: HTMLElement | null) => {
    if (!element) {
      return;
    }
    const measure = (wide: number): void => setWidth(Math.max(0, Math.floor(wide)));
    measure(element.clientWidth);
    const observer = new ResizeObserver((entries) => {
      const entry = entries.at(-1);
      if (entry) {
        measure(entry.contentRect.width);
      }
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}
