// The one press that stops all pushes of the workspace; asks for a reason only.
import { useGate, useSetMode } from "@/api/cdp";
import { ActDialog } from "@/ui/Act";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { useRefusal } from "@/ui/scopes";

interface Props {
  /** Whether the dialog is open; it is opened from here and by finding it. */
  readonly isOpen: boolean;
  readonly onOpen: () => void;
  readonly onClose: () => void;
}

/** Whether the workspace is frozen, and why this key may not freeze it. */
export function useFreezing() {
  const isFrozen =
    useGate().data?.effective.some(
      (each) => each.scope === "workspace" && each.mode === "frozen",
    ) ?? false;
  return { isFrozen, refusal: useRefusal(useSetMode().scopes) };
}

/** Freeze all pushes; where they are frozen already, the word instead. */
export function Freeze({ isOpen, onOpen, onClose }: Props) {
  const mode = useSetMode();
  const { isFrozen, refusal } = useFreezing();
  return (
    <>
      {isFrozen ? (
        <span className="inline-flex items-center gap-1 text-table">
          <Icon name="snow" />
          frozen
        </span>
      ) : (
        <Button look="danger" refusal={refusal} onClick={onOpen}>
          Freeze…
        </Button>
      )}
      <ActDialog
        title="Freeze all pushes"
        verb="Freeze"
        done="All pushes are frozen."
        look="danger"
        isOpen={isOpen}
        onClose={onClose}
        effect={
          <p>
            No audience change leaves this workspace until somebody sets the gate to enforce again.
            Withdrawals of consent and erasures still go at once.
          </p>
        }
        act={(reason) => mode.mutateAsync({ body: { scope: "workspace", mode: "frozen", reason } })}
      />
    </>
  );
}
