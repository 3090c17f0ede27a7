// Identifiers, masked until "show values" is pressed; remembered for this tab only.
import { createContext, useContext, useMemo, useState, type ReactNode } from "react";
import { mask } from "@/lib/mask";
import { Button } from "./Button";
import { Icon } from "./Icon";

const KEY = "stratum.values";

interface Masking {
  readonly isMasked: boolean;
  readonly toggle: () => void;
}

const MaskContext = createContext<Masking>({ isMasked: true, toggle: () => {} });

/** Whether identifiers of this page are masked, and the switch. */
export function MaskProvider({ children }: { readonly children: ReactNode }) {
  const [isMasked, setMasked] = useState(() => sessionStorage.getItem(KEY) !== "shown");
  const masking = useMemo(
    () => ({
      isMasked,
      toggle: () => {
        sessionStorage.setItem(KEY, isMasked ? "shown" : "masked");
        setMasked(!isMasked);
      },
    }),
    [isMasked],
  );
  return <MaskContext value={masking}>{children}</MaskContext>;
}

/** Whether identifiers are masked. */
export function useMasked(): boolean {
  return useContext(MaskContext).isMasked;
}

/** An identifier's value, masked or not. */
export function Mask({ value }: { readonly value: string }) {
  const isMasked = useMasked();
  return (
    <span className={isMasked ? "whitespace-nowrap" : "break-all"}>
      {isMasked ? mask(value) : value}
    </span>
  );
}

/** The button that shows or hides values. */
export function MaskSwitch() {
  const { isMasked, toggle } = useContext(MaskContext);
  return (
    <Button aria-pressed={!isMasked} onClick={toggle}>
      <Icon name="eye" />
      Show values
    </Button>
  );
}
