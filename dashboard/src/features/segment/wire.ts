// The rule between the API's types and the language's own.
import type { Schemas } from "@/api/schemas";
import type { Rule } from "@/rule/types";

type ApiRule = Schemas["RuleRequest"]["rule"];

/** A rule as the API documents it is one of the language: the compiler compares the two. */
export function ofApi(rule: ApiRule): Rule {
  return rule;
}

/** A rule for a request. The generated types name fields that may be left out as if they may not. */
export function toApi(rule: Rule): ApiRule {
  return rule as ApiRule;
}
