// /dashboard/login: the page of somebody who is not logged in.
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { LoginForm } from "@/features/login/LoginForm";
import { Icon } from "@/ui/Icon";

const route = getRouteApi("/login");

/** The login page; afterwards it leads where one wanted to go. */
export function Login() {
  const { to } = route.useSearch();
  const router = useRouter();
  const queries = useQueryClient();
  return (
    <main className="mx-auto grid max-w-md gap-6 p-4 pt-[12dvh]">
      <title>Log in · Stratum</title>
      <h1 className="flex items-center gap-2 text-heading">
        <Icon name="layers" className="size-6" />
        Log in to Stratum
      </h1>
      <LoginForm
        onDone={() => {
          queries.clear();
          router.history.replace(to?.startsWith("/dashboard/") === true ? to : "/dashboard/cdp");
        }}
      />
    </main>
  );
}
