// The theme: the system's, unless somebody chose one in this browser.
import { useLayoutEffect } from "react";
import { useKept } from "./kept";

/** Themes that can be chosen. */
export type Theme = "system" | "light" | "dark";

/** The chosen theme, and how to choose another; sets it on the document. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [kept, keepTheme] = useKept("theme", "system");
  const theme: Theme = kept === "light" || kept === "dark" ? kept : "system";
  useLayoutEffect(() => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  return [theme, keepTheme];
}
