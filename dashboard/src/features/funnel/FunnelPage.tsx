// Funnels: the question, and how many people got how far.
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useFunnel } from "@/api/cdp";
import { refusedFields } from "@/rule-ui/problems";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Page } from "@/ui/Page";
import { QuestionForm } from "./QuestionForm";
import { bodyOf, FIRST, type Question, readQuestion, writeQuestion } from "./question";
import { Result } from "./Result";

const route = getRouteApi("/frame/insight/funnels");

interface Draft {
  /** The address that it was made from. */
  readonly of: string | undefined;
  readonly question: Question;
}

/** The page of funnels: what is asked stands in the address, what is edited does not yet. */
export function FunnelPage() {
  const { question: text } = route.useSearch();
  const navigate = route.useNavigate();
  const [at, setAt] = useState(() => Date.now());
  const asked = useMemo(() => readQuestion(text), [text]);
  const body = useMemo(() => (asked === null ? null : bodyOf(asked, at)), [asked, at]);
  const funnel = useFunnel(body);
  const steps = useStepsOf(funnel, asked);
  const [draft, setDraft] = useState<Draft | null>(null);
  // Another address – back, or a colleague's link – brings its own question.
  const question = draft !== null && draft.of === text ? draft.question : (asked ?? FIRST);
  const show = () => {
    const next = writeQuestion(question);
    setAt(Date.now());
    if (next === text) void funnel.refetch();
    else void navigate({ search: { question: next } }).then(() => setDraft(null));
  };
  const refusal = funnel.error?.status === 422 ? funnel.error : null;
  const isChanged = asked !== null && writeQuestion(question) !== writeQuestion(asked);
  return (
    <Page
      title="Funnels"
      place="Insight"
      lead="How many people did a series of steps in order, where the others stopped, and how long it took."
    >
      <Card title="Question">
        <QuestionForm
          question={question}
          refusal={refusal}
          problems={refusedFields(refusal)}
          isBusy={funnel.isFetching}
          isChanged={isChanged}
          onChange={(next) => setDraft({ of: text, question: next })}
          onShow={show}
        />
      </Card>
      {body === null && (
        <Empty title="Nothing is asked yet">
          Choose at least two steps and show the funnel. The question stands in the address: a link
          to this page shows the same.
        </Empty>
      )}
      {body !== null && refusal === null && (
        <Answer asked={funnel} name="funnel" height="20rem" oldAfterS={Infinity}>
          {(data) => <Result funnel={data} steps={steps} />}
        </Answer>
      )}
    </Page>
  );
}

/** The steps that the shown answer is of: the earlier ones, while others are counted. */
function useStepsOf(
  { data, isPlaceholderData }: ReturnType<typeof useFunnel>,
  asked: Question | null,
): Question["steps"] {
  const [answered, setAnswered] = useState({ data, steps: asked?.steps ?? [] });
  if (!isPlaceholderData && data !== undefined && answered.data !== data && asked !== null)
    setAnswered({ data, steps: asked.steps });
  return isPlaceholderData ? answered.steps : (asked?.steps ?? []);
}
