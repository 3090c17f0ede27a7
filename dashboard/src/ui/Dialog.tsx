// A dialog over the page: the browser's own, with its focus trap, Escape and top layer.
import { useEffect, useId, useRef, type ReactNode } from "react";
import { Button } from "./Button";
import { Icon } from "./Icon";

interface Props {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** "sheet" stands at the right edge over the full height. */
  readonly form?: "dialog" | "sheet";
  /** False where it cannot be left: the login that the page waits for. */
  readonly isClosable?: boolean;
  readonly children: ReactNode;
}

/** A modal dialog; the focus goes back where it came from when it closes. */
export function Dialog({
  title,
  isOpen,
  onClose,
  form = "dialog",
  isClosable = true,
  children,
}: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    if (isOpen && !element.open) element.showModal();
    if (!isOpen && element.open) element.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={(event) => {
        // React lets the event of a dialog within this one rise up to here.
        if (event.target !== event.currentTarget) return;
        // A browser closes a dialog at the second Escape whatever the page says.
        if (!isClosable && isOpen) event.currentTarget.showModal();
        else onClose();
      }}
      onCancel={(event) => {
        if (!isClosable && event.target === event.currentTarget) event.preventDefault();
      }}
      className={
        form === "sheet"
          ? "mr-0 h-dvh max-h-dvh w-[min(42rem,100vw)] max-w-none rounded-none p-0"
          : "w-[min(42rem,calc(100vw-1rem))] p-0"
      }
    >
      {isOpen && (
        <div className="grid gap-4 p-5">
          <header className="flex items-start justify-between gap-4">
            <h2 id={id} className="text-lead">
              {title}
            </h2>
            {isClosable && (
              <Button look="bare" className="min-h-8 px-2" aria-label="Close" onClick={onClose}>
                <Icon name="cross" />
              </Button>
            )}
          </header>
          {children}
        </div>
      )}
    </dialog>
  );
}
