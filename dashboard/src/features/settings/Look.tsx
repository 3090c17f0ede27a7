// Tab: how the page looks in this browser, and whether it hears keys.
import { useId } from "react";
import { Card } from "@/ui/Card";
import { useKept } from "@/ui/kept";
import { useTheme, type Theme } from "@/ui/theme";

const THEMES: Record<Theme, string> = {
  system: "as the system",
  light: "light",
  dark: "dark",
};

/** Choices that this browser keeps; nobody else sees them. */
export function Look() {
  const [theme, setTheme] = useTheme();
  const [keys, keepKeys] = useKept("keys", "on");
  const id = useId();
  return (
    <Card title="Look">
      <p className="mb-3 text-quiet">Kept in this browser alone.</p>
      <fieldset className="mb-4 grid gap-2">
        <legend className="mb-1">Theme</legend>
        {(Object.entries(THEMES) as [Theme, string][]).map(([name, words]) => (
          <label key={name} className="flex items-center gap-2">
            <input
              type="radio"
              name={id}
              checked={theme === name}
              onChange={() => setTheme(name)}
            />
            {words}
          </label>
        ))}
      </fieldset>
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          checked={keys === "on"}
          onChange={(event) => keepKeys(event.target.checked ? "on" : "off")}
        />
        Keys are on: <kbd>?</kbd> lists them
      </label>
    </Card>
  );
}
