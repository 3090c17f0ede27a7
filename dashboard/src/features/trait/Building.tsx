// How far the sweep is that computes a trait for everybody.
import { Link } from "@tanstack/react-router";
import { useSweeps } from "@/api/cdp";
import { rowsOf } from "@/ui/Table";

/** "building, 38 %" while a sweep that the trait's publishing began is under way. */
export function Building({ name }: { readonly name: string }) {
  const sweeps = rowsOf(useSweeps({ params: { query: { limit: 20 } } }).data);
  const own = sweeps.find(
    ({ status, reason }) =>
      status === "running" && reason.split(", ").includes(`trait.publish ${name}`),
  );
  if (own === undefined) return null;
  return (
    <>
      {"; "}
      <Link to="/operate/sweeps">building, {Math.floor(own.percent)} %</Link>
    </>
  );
}
