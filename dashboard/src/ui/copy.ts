// Copying the cell of a table that is looked at: what it shows, masked where it is masked.

/** The cell that has the focus, or else the one under the pointer; null: there is none. */
function currentCell(): HTMLElement | null {
  return (
    document.activeElement?.closest<HTMLElement>("main td") ??
    document.querySelector<HTMLElement>("main td:hover")
  );
}

/** Copy that cell; what there is to say about it, or null where there is no cell. */
export async function copyCell(): Promise<string | null> {
  const text = currentCell()?.innerText.replaceAll(/\s+/g, " ").trim() ?? "";
  if (text === "") return null;
  try {
    await navigator.clipboard.writeText(text);
    return "The cell was copied.";
  } catch {
    return "The browser does not let the page copy.";
  }
}
