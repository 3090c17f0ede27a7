// The editor of the RFM definition; publishing shows its effect first.
import { useState } from "react";
import { usePublishRfm, useRfm, useRfmDistribution } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { messageAt } from "@/rule/problems";
import { secondsOf, spanOf } from "@/rule/spans";
import type { EventFilter } from "@/rule/types";
import { useEventCatalogue } from "@/rule-ui/events";
import { NameField } from "@/rule-ui/field/NameField";
import { SpanField } from "@/rule-ui/field/SpanField";
import { FilterFields } from "@/rule-ui/FilterFields";
import { refusedFields, shownOfFilter, unshown } from "@/rule-ui/problems";
import { usersWords, useUsers } from "@/rule-ui/users";
import { Act } from "@/ui/Act";
import { Answer } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { useRefusal } from "@/ui/scopes";

interface Draft {
  readonly event: EventFilter;
  readonly property: string;
  readonly look_back: string;
  readonly refresh_s: number;
}

/** What a first definition starts from: the API's own defaults. */
const FIRST: Draft = {
  event: { name: "Order Completed" },
  property: "revenue",
  look_back: "365d",
  refresh_s: 3_600,
};

interface Props {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** The sheet, once what is live is known. */
export function DefinitionSheet({ isOpen, onClose }: Props) {
  const spread = useRfmDistribution();
  const version = spread.data?.version ?? 0;
  const rfm = useRfm({}, { enabled: isOpen && version > 0 });
  return (
    <Dialog title="RFM definition" isOpen={isOpen} onClose={onClose} form="sheet">
      <Answer asked={spread} name="RFM definition">
        {() =>
          version === 0 ? (
            <Editor first={FIRST} version={0} onClose={onClose} />
          ) : (
            <Answer asked={rfm} name="RFM definition">
              {(live) => <Editor first={live.rule} version={live.version} onClose={onClose} />}
            </Answer>
          )
        }
      </Answer>
    </Dialog>
  );
}

interface EditorProps {
  readonly first: Draft;
  readonly version: number;
  readonly onClose: () => void;
}

function Editor({ first, version, onClose }: EditorProps) {
  // What is live when the editor opens; a newer version is refused when this is published.
  const [{ seen, start }] = useState({ seen: version, start: first });
  const [draft, setDraft] = useState<Draft>(start);
  const publish = usePublishRfm();
  const users = useUsers((node) => node.type === "rfm");
  const catalogue = useEventCatalogue([draft.event]);
  const problems = refusedFields(publish.error);
  const shown = [["property"], ["look_back"], ["refresh_s"], ...shownOfFilter(problems, ["event"])];
  const change = (next: Partial<Draft>) => setDraft({ ...draft, ...next });
  return (
    <div className="grid gap-4">
      <fieldset className="grid gap-1">
        <legend className="text-note text-quiet">Purchases are</legend>
        <FilterFields
          label="Purchase"
          event={draft.event}
          catalogue={catalogue}
          problems={problems}
          at={["event"]}
          onChange={(event) => change({ event })}
        />
      </fieldset>
      <NameField
        label="Property with their amount"
        isQuiet={false}
        value={draft.property}
        names={catalogue.properties(draft.event).map(({ name }) => name)}
        message={messageAt(problems, ["property"])}
        onChange={(property) => change({ property })}
      />
      <SpanField
        label="Look-back"
        isQuiet={false}
        value={draft.look_back}
        message={messageAt(problems, ["look_back"])}
        hint="Older purchases do not count."
        onChange={(look_back) => change({ look_back })}
      />
      <SpanField
        label="Bounds are taken again every"
        isQuiet={false}
        value={spanOf(draft.refresh_s)}
        message={messageAt(problems, ["refresh_s"])}
        onChange={(span) => change({ refresh_s: secondsOf(span) ?? draft.refresh_s })}
      />
      {unshown(problems, shown).map(({ message }) => (
        <p key={message} className="text-unhealthy">
          {message}
        </p>
      ))}
      <footer className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Act
          name="Publish…"
          title="Publish the RFM definition"
          verb="Publish"
          done="The RFM definition is live."
          look="main"
          refusal={useRefusal(publish.scopes)}
          effect={
            <div className="grid gap-2">
              <p>
                It is live at once. Nobody has scores until bounds have been taken for it; a sweep
                then scores every buyer anew.
              </p>
              <p>
                Live segments that use RFM: {usersWords(users)}. Their members may leave until then,
                and audiences with them as far as the gate lets them.
              </p>
            </div>
          }
          act={async (reason) => {
            const rule = draft as Schemas["RfmRequest"]["rule"];
            await publish.mutateAsync({ body: { rule, version: seen, reason } });
            onClose();
          }}
        />
      </footer>
    </div>
  );
}
