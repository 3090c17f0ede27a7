// RFM: how buyers spread over scores, what they are called, and how scores are taken.
import { getRouteApi } from "@tanstack/react-router";
import { useRfmDistribution } from "@/api/cdp";
import { Button } from "@/ui/Button";
import { Page } from "@/ui/Page";
import { Definition } from "./Definition";
import { DefinitionSheet } from "./DefinitionSheet";
import { Named } from "./Named";
import { Spread } from "./Spread";
import { Versions } from "./Versions";

const route = getRouteApi("/frame/insight/rfm");

/** The page of RFM. */
export function RfmPage() {
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const spread = useRfmDistribution();
  const isDefined = spread.data !== undefined && spread.data.version > 0;
  const change = (next: "definition" | undefined) =>
    void navigate({ search: (earlier) => ({ ...earlier, open: next }), replace: true });
  return (
    <Page
      title="RFM"
      place="Insight"
      lead="Buyers by how recently, how often and for how much they bought, each scored 1 to 5."
      acts={
        <Button look={isDefined ? "plain" : "main"} onClick={() => change("definition")}>
          {isDefined ? "Edit definition" : "Define RFM"}
        </Button>
      }
    >
      <Spread spread={spread} />
      <Named spread={spread} />
      {isDefined && <Definition />}
      {isDefined && <Versions />}
      <DefinitionSheet isOpen={open === "definition"} onClose={() => change(undefined)} />
    </Page>
  );
}
