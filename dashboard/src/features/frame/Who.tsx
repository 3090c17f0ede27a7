// Who is logged in, the theme, and the way out.
import { Link } from "@tanstack/react-router";
import { useId } from "react";
import { useLogin } from "@/api/cdp/login";
import { ProblemText } from "@/ui/Act";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { useTheme, type Theme } from "@/ui/theme";
import { useLeaving } from "./leaving";

/** The foot of the sidebar. */
export function Who({ isNarrow }: { readonly isNarrow: boolean }) {
  const login = useLogin();
  const [theme, setTheme] = useTheme();
  const id = useId();
  const { leave, problem } = useLeaving();
  if (isNarrow)
    return (
      <p className="mt-auto grid gap-1 border-t border-line p-2">
        <Link
          to="/settings"
          title="Settings"
          className="flex min-h-9 items-center rounded-control px-2 text-ink hover:bg-line/50"
        >
          <Icon name="operate" />
          <span className="sr-only">Settings</span>
        </Link>
        <Button look="bare" className="px-2" aria-label="Log out" onClick={() => void leave()}>
          <Icon name="out" />
        </Button>
      </p>
    );
  return (
    <div className="mt-auto grid gap-2 border-t border-line p-4 text-table">
      <p className="break-words">
        <b>{login.data?.workspace.name}</b>
        <br />
        <span className="text-quiet">
          {login.data?.name}: {login.data?.scopes.join(", ")}
        </span>
      </p>
      <span className="flex items-center gap-2">
        <label htmlFor={id}>Theme</label>
        <select id={id} value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
          <option value="system">system</option>
          <option value="light">light</option>
          <option value="dark">dark</option>
        </select>
      </span>
      <span className="flex flex-wrap items-center gap-2">
        <Link to="/settings">Settings</Link>
        <Button onClick={() => void leave()}>Log out</Button>
      </span>
      {problem !== null && <ProblemText problem={problem} />}
    </div>
  );
}
