// What it takes until a push with some reasons passes, each reason once.
import { codeText, type Thresholds } from "./codes";

interface Props {
  readonly codes: readonly string[];
  readonly thresholds: Thresholds;
}

/** The ways out; nothing where the reasons need none. */
export function WayOut({ codes, thresholds }: Props) {
  const ways = [...new Set(codes)].flatMap((code) => {
    const way = codeText(code).wayOut?.(thresholds);
    return way === undefined ? [] : [{ code, way }];
  });
  if (ways.length === 0) return null;
  return (
    <div>
      <h3>What it takes to pass</h3>
      <ul className="list-disc pl-5">
        {ways.map(({ code, way }) => (
          <li key={code}>
            {codeText(code).name}: {way}
          </li>
        ))}
      </ul>
    </div>
  );
}
