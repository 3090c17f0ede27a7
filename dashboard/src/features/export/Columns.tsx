// What is told of each person: identifiers, traits, computed traits, events, revenue.
import { useTraits } from "@/api/cdp";
import { useWorkspace } from "@/api/cdp/login";
import { useEvery } from "@/api/every";
import { NOT_ALL } from "@/ui/NotAll";
import { FORMS, isPlatform, type Draft } from "./draft";
import { Field, Lines } from "./fields";

interface Props {
  readonly draft: Draft;
  readonly change: (next: Partial<Draft>) => void;
}

const WORDS: Record<Draft["form"], string> = {
  raw: "as they are stored",
  meta: "spelled and hashed for Meta",
  google: "spelled and hashed for Google",
  tiktok: "spelled and hashed for TikTok",
  snapchat: "spelled and hashed for Snapchat",
  none: "none",
};

/** The columns. */
export function Columns({ draft, change }: Props) {
  const kinds = useWorkspace().data?.kinds.map(({ kind }) => kind) ?? [];
  return (
    <fieldset className="grid gap-3">
      <legend className="mb-1 font-[650]">What of them</legend>
      <Field label="Identifiers">
        {(id) => (
          <select
            id={id}
            value={draft.form}
            onChange={(event) =>
              change({ form: FORMS.find((each) => each === event.target.value) ?? "raw" })
            }
          >
            {FORMS.map((form) => (
              <option key={form} value={form}>
                {WORDS[form]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {draft.form !== "none" && (
        <Lines
          label="Only these kinds, one a line"
          note={`Empty: all. There are ${kinds.join(", ")}.`}
          value={draft.kinds}
          onChange={(value) => change({ kinds: value })}
        />
      )}
      {isPlatform(draft) ? (
        <p className="text-quiet">A platform's form has identifiers alone, and nothing else.</p>
      ) : (
        <Rest draft={draft} change={change} />
      )}
    </fieldset>
  );
}

function Rest({ draft, change }: Props) {
  const traits = useEvery(useTraits({ params: { query: { limit: 200 } } }));
  const live = traits.rows.filter(({ status }) => status === "live");
  return (
    <>
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          checked={draft.allTraits}
          onChange={(event) => change({ allTraits: event.target.checked })}
        />
        All traits, in one column
      </label>
      {!draft.allTraits && (
        <Lines
          label="Only these traits, one a line"
          note="Empty: none."
          value={draft.traits}
          onChange={(value) => change({ traits: value })}
        />
      )}
      {live.length > 0 && (
        <fieldset className="grid gap-1">
          <legend>Computed traits</legend>
          {live.map(({ id, name }) => (
            <label key={id} className="flex items-center gap-2">
              <input
                type="checkbox"
                checked={draft.computed.includes(name)}
                onChange={(event) =>
                  change({
                    computed: event.target.checked
                      ? [...draft.computed, name]
                      : draft.computed.filter((each) => each !== name),
                  })
                }
              />
              {name}
            </label>
          ))}
          {traits.isCut && <p className="text-quiet">{NOT_ALL}.</p>}
        </fieldset>
      )}
      <Lines
        label="Number of these events, one a line"
        note="“page:Home” is a page; a name without a type is a track event's."
        value={draft.events}
        onChange={(events) => change({ events })}
      />
      <Lines
        label="Newest instant of these events, one a line"
        value={draft.lastEvents}
        onChange={(lastEvents) => change({ lastEvents })}
      />
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          checked={draft.hasRevenue}
          onChange={(event) => change({ hasRevenue: event.target.checked })}
        />
        Orders and revenue
      </label>
    </>
  );
}
