// The editor of a segment: its rule, who would be in, saving and publishing.
import { useNavigate } from "@tanstack/react-router";
import { useCreateSegment, useUpdateSegment } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Card } from "@/ui/Card";
import { Button } from "@/ui/Button";
import type { SegmentSearch } from "../address";
import { RuleEditor } from "../RuleEditor";
import { ofApi, toApi } from "../wire";
import { Conflict } from "./Conflict";
import { PreviewCard, useCounts } from "./PreviewCard";
import { PublishSheet } from "./PublishSheet";
import { SaveBar } from "./SaveBar";
import { SegmentFields } from "./SegmentFields";
import type { Start } from "./typed";
import { useCatalogue } from "./useCatalogue";
import { useChecked } from "./useChecked";
import { useEditing } from "./useEditing";
import { usePreview } from "./usePreview";
import { WhyDraftSheet } from "./WhyDraftSheet";

interface Props {
  readonly start: Start;
  /** Null: a new one. */
  readonly segment: Schemas["SegmentView"] | null;
  readonly search: SegmentSearch;
}

/** The editor. */
export function Editor({ start, segment, search }: Props) {
  const id = segment?.id ?? null;
  const editing = useEditing(start, `segment.${id ?? `new.${search.recipe ?? search.rule ?? ""}`}`);
  const { state, draft, fields, base, saved } = editing;
  const { problems, isValid, trouble } = useChecked(draft, id);
  const preview = usePreview(draft.rule, id, isValid);
  const counts = useCounts(preview);
  const catalogue = useCatalogue(draft.rule, id);
  const create = useCreateSegment();
  const update = useUpdateSegment();
  const navigate = useNavigate();

  const look = (next: SegmentSearch) =>
    void navigate({
      to: ".",
      search: ((earlier: object) => ({ ...earlier, ...next })) as never,
      replace: true,
    });
  const save = async (then: SegmentSearch) => {
    const body = { ...fields, name: fields.name.trim(), rule: toApi(draft.rule) };
    const kept =
      id === null
        ? await create.mutateAsync({ body })
        : await update.mutateAsync({
            params: { path: { id }, header: { "if-match": `"${base}"` } },
            body,
          });
    const { name, description, purpose: _, newest_version: version } = kept;
    editing.become({
      version,
      fields: { name, description, purpose: fields.purpose },
      rule: draft.rule,
    });
    await navigate({
      to: "/cdp/segments/$id/edit",
      params: { id: String(kept.id) },
      search: { view: search.view, ...then },
      replace: true,
    });
  };
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      {editing.wasRestored && !editing.isSaved && (
        <p role="note" className="flex flex-wrap items-center gap-2 border-l-4 border-edge pl-2">
          This is what you typed before and did not save.
          <Button onClick={editing.discard}>Discard it</Button>
        </p>
      )}
      {id !== null && (
        <Conflict
          segment={id}
          base={base}
          rule={saved.rule}
          onKeep={editing.setBase}
          onTake={({ version, rule }) => editing.take(version, ofApi(rule))}
        />
      )}
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <div className="grid content-start gap-4">
          <Card title="Segment">
            <SegmentFields
              fields={fields}
              purposes={catalogue.purposes}
              onChange={editing.setFields}
            />
          </Card>
          <Card title="Rule">
            <RuleEditor
              state={state}
              dispatch={editing.dispatch}
              catalogue={catalogue}
              problems={problems}
              counts={counts}
              view={search.view ?? "blocks"}
              onView={(view) => look({ view })}
            />
          </Card>
        </div>
        <PreviewCard preview={preview} isValid={isValid} onWhy={(person) => look({ person })} />
      </div>
      <WhyDraftSheet
        person={search.person}
        rule={preview.rule}
        isOld={preview.rule !== null && preview.rule !== draft.rule}
        live={segment === null || segment.version === 0 ? null : segment.id}
        onClose={() => look({ person: undefined })}
      />
      <SaveBar
        segment={segment}
        editing={editing}
        problems={problems.length}
        isValid={isValid}
        trouble={trouble}
        save={save}
        publish={() => look({ open: "publish" })}
      />
      {segment !== null && (
        <PublishSheet
          segment={segment}
          version={base}
          rule={saved.rule}
          isOpen={search.open === "publish" && editing.isSaved}
          onClose={() => look({ open: undefined })}
        />
      )}
    </div>
  );
}
