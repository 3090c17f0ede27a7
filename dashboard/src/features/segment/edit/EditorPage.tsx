// The pages that edit: a segment that exists, a new one, a new one from a recipe.
import { getRouteApi, Link } from "@tanstack/react-router";
import { useSegment, useSegmentVersions } from "@/api/cdp";
import { parseJson } from "@/rule/json";
import { readRule } from "@/rule/read";
import { RECIPES } from "@/rule/recipes";
import type { Rule } from "@/rule/types";
import { Answer } from "@/ui/Answer";
import { Page } from "@/ui/Page";
import { rowsOf } from "@/ui/Table";
import { needsOf } from "../Recipes";
import { ofApi } from "../wire";
import { Editor } from "./Editor";
import { PURPOSE, type Start } from "./typed";

const editRoute = getRouteApi("/frame/cdp/segments/$id/edit");
const newRoute = getRouteApi("/frame/cdp/segments/new");

/** Edit a segment. */
export function EditSegment() {
  const id = Number(editRoute.useParams().id);
  const search = editRoute.useSearch();
  const segment = useSegment({ params: { path: { id } } });
  const versions = useSegmentVersions({ params: { path: { id }, query: { limit: 1 } } });
  const [newest] = rowsOf(versions.data);
  const name = segment.data?.name;
  return (
    <Page
      title={name === undefined ? "Edit segment" : `Edit ${name}`}
      place="Segments"
      lead={
        <Link to="/cdp/segments/$id" params={{ id: String(id) }}>
          Back to the segment
        </Link>
      }
    >
      <Answer asked={segment} name="segment" height="30rem">
        {(data) => (
          <Answer asked={versions} name="newest version" height="30rem">
            {() =>
              newest === undefined ? null : (
                <Editor
                  key={id}
                  segment={data}
                  search={search}
                  start={{
                    version: newest.version,
                    fields: {
                      name: data.name,
                      description: data.description,
                      purpose: newest.purpose,
                    },
                    rule: ofApi(newest.rule),
                  }}
                />
              )
            }
          </Answer>
        )}
      </Answer>
    </Page>
  );
}

/** Make a segment. */
export function NewSegment() {
  const search = newRoute.useSearch();
  const recipe = RECIPES.find(({ title }) => title === search.recipe);
  const needs = recipe === undefined ? [] : needsOf(recipe);
  const start: Start = {
    version: 0,
    fields: { name: recipe?.title ?? "", description: recipe?.text ?? "", purpose: PURPOSE },
    rule: recipe?.rule ?? ruleOf(search.rule) ?? { type: "all", of: [] },
  };
  return (
    <Page
      title="New segment"
      place="Segments"
      lead={
        recipe === undefined ? "Who is meant? Nobody is in until it is published." : recipe.text
      }
    >
      {needs.length > 0 && (
        <p role="note" className="border-l-4 border-degraded pl-2">
          It needs {needs.join(" and ")} first.
        </p>
      )}
      <Editor
        key={`${search.recipe} ${search.rule}`}
        start={start}
        segment={null}
        search={search}
      />
    </Page>
  );
}

/** The rule that an address brings along; null where its text is none. */
function ruleOf(text: string | undefined): Rule | null {
  const parsed = parseJson(text ?? "");
  const read = "value" in parsed ? readRule(parsed.value) : null;
  return read !== null && "rule" in read ? read.rule : null;
}
