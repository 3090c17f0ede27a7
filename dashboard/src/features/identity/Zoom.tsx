// A drawing that scrolls and zooms: buttons, the keys + − 0, the wheel with Ctrl.
import { useCallback, useState, type ReactNode } from "react";
import { Button } from "@/ui/Button";

const LEAST = 0.25;
const MOST = 3;
const within = (scale: number) => Math.min(MOST, Math.max(LEAST, scale));

interface Props {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly children: ReactNode;
}

/** An SVG of a size of its own inside a box that scrolls. */
export function Zoom({ title, width, height, children }: Props) {
  const [scale, setScale] = useState(1);
  // React's own wheel listener is passive: it could not keep the browser from zooming the page.
  const box = useCallback((element: HTMLDivElement | null) => {
    if (element === null) return;
    const turn = (event: WheelEvent) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      setScale((earlier) => within(earlier * (event.deltaY < 0 ? 1.1 : 1 / 1.1)));
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  }, []);
  const press = (key: string): boolean => {
    if (key === "+") setScale((earlier) => within(earlier * 1.25));
    else if (key === "-") setScale((earlier) => within(earlier / 1.25));
    else if (key === "0") setScale(1);
    else return false;
    return true;
  };
  return (
    <div>
      <div className="mb-1 flex items-center gap-1">
        <Button look="bare" aria-label="Larger" onClick={() => press("+")}>
          +
        </Button>
        <Button look="bare" aria-label="Smaller" onClick={() => press("-")}>
          −
        </Button>
        <Button look="bare" onClick={() => press("0")}>
          {Math.round(scale * 100)} %
        </Button>
      </div>
      <div
        ref={box}
        className="max-h-[70dvh] overflow-auto rounded-control border border-line"
        onKeyDown={(event) => {
          if (!event.ctrlKey && !event.metaKey && press(event.key)) event.preventDefault();
        }}
      >
        <svg
          role="group"
          aria-label={title}
          width={width * scale}
          height={height * scale}
          viewBox={`0 0 ${width} ${height}`}
          className="block"
        >
          {children}
        </svg>
      </div>
    </div>
  );
}
