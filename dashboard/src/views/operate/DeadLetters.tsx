// /dashboard/operate/dead-letters
import { Groups } from "@/features/deadletter/Groups";
import { Letters } from "@/features/deadletter/Letters";
import { LetterSheet } from "@/features/deadletter/LetterSheet";
import { Page } from "@/ui/Page";

/** Records that the engine could not understand. */
export function DeadLetters() {
  return (
    <Page
      title="Dead letters"
      place="Operate"
      lead="Records that could not be understood: why, where, and another try."
    >
      <Groups />
      <Letters />
      <LetterSheet />
    </Page>
  );
}
