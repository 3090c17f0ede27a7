// /dashboard/cdp/identity and /dashboard/cdp/identity/$id
import { useParams } from "@tanstack/react-router";
import { Person } from "@/features/identity/Person";
import { Start } from "@/features/identity/Start";

/** One person's identity graph, or where to begin. */
export function CDPIdentityGraph() {
  const { id } = useParams({ strict: false });
  return id === undefined ? <Start /> : <Person key={id} id={id} />;
}
