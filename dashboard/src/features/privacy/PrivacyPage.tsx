// What can be done for a person who asks what is held of them, or wants it gone.
import { Link } from "@tanstack/react-router";
import { useAudiences } from "@/api/cdp";
import { useWhole } from "@/api/whole";
import { Answer } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { NotWhole } from "@/ui/NotAll";
import { rowsOf, Table } from "@/ui/Table";
import { usePrivacyAddress } from "./addressing";
import { DataMap } from "./DataMap";
import { Erase } from "./Erase";
import { FindPerson } from "./FindPerson";
import { Gather } from "./Gather";
import { HELD, waitingWords, type Held } from "./held";
import { Months } from "./Months";
import { Register } from "./Register";

/** The parts of the page. */
export function PrivacyPage() {
  const { search } = usePrivacyAddress();
  return (
    <>
      <FindPerson />
      {search.person !== undefined && (
        <>
          <Gather key={`gather ${search.person}`} person={search.person} />
          <Erase key={`erase ${search.person}`} person={search.person} />
        </>
      )}
      <Register />
      <Months />
      <Card title="Access: what is held of somebody">
        <p className="mb-3">
          Find the person and press “Gather everything held…”: an archive of JSON and CSV with a
          page to read. The register follows it, and its page makes a link for whoever asked.{" "}
          <code>stratum privacy access</code> and <code>stratum privacy link</code> do the same.
          Much of it is on the person's page and at these endpoints, too; what platforms were sent,
          dead letters, exports, earlier requests and audit entries are gathered by the archive
          alone:
        </p>
        <Table<Held>
          caption="What of a person can be read without an archive, and where"
          rows={HELD}
          keyOf={(row) => row.path}
          columns={[
            { name: "what", cell: (row) => row.what },
            { name: "endpoint", cell: (row) => <code className="break-all">{row.path}</code> },
          ]}
        />
      </Card>
      <Card title="Withdrawal: nothing goes out any more">
        <p>
          State it on the person's tab Consent, or with <code>stratum consent withdraw</code>, with
          its reason. An event of the person that refuses the purpose does it, too, or{" "}
          <code>"*": false</code> all of them, under{" "}
          <code>context.consent.categoryPreferences</code>. It takes the person off every ad
          platform of that purpose at once; the gate does not hold that back.
        </p>
        <Leaving />
      </Card>
      <Card title="Erasure: gone, and not coming back">
        <p>
          Find the person, look at the preview, give a reason. The request is followed here until
          every platform has confirmed, and its receipt proves what went.{" "}
          <code>stratum privacy</code> does the same on the command line.
        </p>
        <ul className="mt-2 list-disc pl-5">
          <li>
            Every finished <Link to="/operate/exports">export</Link> of the workspace is revoked: no
            file outlives a person who is in it.
          </li>
          <li>
            Every access archive that holds one of their identifiers ends, with the links to it.
          </li>
          <li>
            The <Link to="/trust/audit">audit log</Link> keeps digests and reasons, and nothing is
            taken out of it. It holds no personal data, unless somebody wrote such into a reason.
          </li>
        </ul>
      </Card>
      <DataMap />
    </>
  );
}

function Leaving() {
  const audiences = useAudiences({ params: { query: { limit: 200 } } });
  const whole = useWhole(audiences);
  return (
    <Answer asked={audiences} name="waiting withdrawals" height="2rem">
      {(data) => {
        const leaving = rowsOf(data).reduce((sum, row) => sum + row.leaving, 0);
        return (
          <>
            <p className="mt-2">
              {waitingWords(leaving, whole.isWhole)} <Link to="/cdp/audience-sync">Audiences</Link>
            </p>
            <NotWhole name="audiences" {...whole} />
          </>
        );
      }}
    </Answer>
  );
}
