// Buttons, and buttons that a key lacks the scope for: shown, disabled, with the reason.
import { useId, type ComponentProps } from "react";

const LOOKS = {
  plain: "border-edge bg-surface text-ink hover:bg-canvas",
  main: "border-ink bg-ink text-canvas hover:bg-ink/90",
  danger: "border-unhealthy bg-surface text-unhealthy hover:bg-canvas",
  bare: "border-transparent text-ink hover:bg-line/50",
} as const;

interface Props extends Omit<ComponentProps<"button">, "disabled"> {
  readonly look?: keyof typeof LOOKS;
  /** Why it cannot be pressed, in words; undefined where it can. */
  readonly refusal?: string | undefined;
  /** True while what it does is under way. */
  readonly isBusy?: boolean;
}

/** A button. A refused one can still be focused, so that its reason can be read. */
export function Button({
  look = "plain",
  refusal,
  isBusy = false,
  className = "",
  children,
  onClick,
  type = "button",
  ...rest
}: Props) {
  const reason = useId();
  const isOff = refusal !== undefined || isBusy;
  return (
    <>
      <button
        {...rest}
        type={type}
        aria-disabled={isOff || undefined}
        aria-busy={isBusy || undefined}
        aria-describedby={refusal === undefined ? rest["aria-describedby"] : reason}
        title={refusal ?? rest.title}
        onClick={(event) => {
          if (isOff) event.preventDefault();
          else onClick?.(event);
        }}
        className={`inline-flex min-h-9 items-center justify-center gap-1.5 rounded-control border px-3 text-body aria-disabled:border-dashed aria-disabled:border-edge aria-disabled:bg-surface aria-disabled:text-quiet ${LOOKS[look]} ${className}`}
      >
        {children}
      </button>
      {refusal !== undefined && (
        <span id={reason} hidden>
          {refusal}
        </span>
      )}
    </>
  );
}
