// The cookbook's segments, to start from.
import { type Recipe, RECIPES } from "@/rule/recipes";
import { Button } from "@/ui/Button";

interface Props {
  readonly onTake: (recipe: Recipe) => void;
}

/** A list of recipes, each with what it needs to be live. */
export function Recipes({ onTake }: Props) {
  return (
    <ul className="grid gap-3 md:grid-cols-2">
      {RECIPES.map((recipe) => {
        const needs = needsOf(recipe);
        return (
          <li
            key={recipe.title}
            className="flex flex-col items-start gap-1 rounded-card border border-line p-3"
          >
            <h3>{recipe.title}</h3>
            <p>{recipe.text}</p>
            {needs.length > 0 && (
              <p className="text-note text-quiet">Needs {needs.join(" and ")}.</p>
            )}
            <Button className="mt-auto" onClick={() => onTake(recipe)}>
              Start from this
              <span className="sr-only">: {recipe.title}</span>
            </Button>
          </li>
        );
      })}
    </ul>
  );
}

/** What must be live first, in words. */
export function needsOf({ needs }: Recipe): string[] {
  return [
    ...needs.traits.map(({ name }) => `the computed trait “${name}”`),
    ...needs.segments.map(({ name }) => `a segment like “${name}”`),
    ...(needs.rfm ? ["an RFM definition"] : []),
  ];
}
