// /dashboard/insight/traits
import { TraitPage } from "@/features/trait/TraitPage";

/** Computed traits. */
export function Traits() {
  return <TraitPage />;
}
