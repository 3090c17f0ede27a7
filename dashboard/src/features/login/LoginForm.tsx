// The form that exchanges an API key for a login: one password field.
import { useId, useState } from "react";
import { logIn } from "@/api/cdp/login";
import { asProblem, type Problem } from "@/lib/problem";
import { ProblemText } from "@/ui/Act";
import { Button } from "@/ui/Button";

/** Ask for an API key; what it opens is told by `onDone`. */
export function LoginForm({ onDone }: { readonly onDone: () => void }) {
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const id = useId();

  const submit = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await logIn(key.trim());
      setKey("");
      onDone();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div className="grid gap-1">
        <label htmlFor={id}>API key</label>
        <input
          id={id}
          type="password"
          autoComplete="current-password"
          required
          maxLength={512}
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <p className="text-note text-quiet">
          The key is exchanged for a cookie that no script can read. Make a key for each person:
          <code> stratum keys create</code>.
        </p>
      </div>
      {problem !== null && <ProblemText problem={problem} />}
      <Button type="submit" look="main" isBusy={isBusy}>
        Log in
      </Button>
    </form>
  );
}
