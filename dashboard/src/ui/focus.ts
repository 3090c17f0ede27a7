// Focus in a tree of items: after a change it goes where the tree says, and never out of a field.
import { useEffect, useRef, type RefObject } from "react";

const ITEM = "[data-path]";

/** The path of the item that an element stands in; null: in none. */
export function itemOf(element: Element | null): string | null {
  return element?.closest<HTMLElement>(ITEM)?.dataset.path ?? null;
}

/** Look at an item of a tree. */
export function focusItem(root: HTMLElement | null, path: string): void {
  const items = root?.querySelectorAll<HTMLElement>(ITEM) ?? [];
  [...items].find((item) => item.dataset.path === path)?.focus();
}

/**
 * Keep the focus of a tree where it belongs when its items change.
 *
 * It moves only when it was in the tree, or when what had it is gone.
 */
export function useItemFocus(
  tree: RefObject<HTMLElement | null>,
  path: string,
  value: unknown,
): void {
  const earlier = useRef(value);
  useEffect(() => {
    const isChanged = earlier.current !== value;
    earlier.current = value;
    const active = document.activeElement;
    const isInside = active !== null && tree.current?.contains(active) === true;
    const isLost = isChanged && (active === null || active === document.body);
    if ((isInside && itemOf(active) !== path) || isLost) focusItem(tree.current, path);
  }, [tree, path, value]);
}

/** The `ref` of what has the focus first: in a dialog that opens now, or that is open already. */
export function firstFocus(element: HTMLElement | null): void {
  element?.setAttribute("autofocus", "");
  element?.focus();
}
