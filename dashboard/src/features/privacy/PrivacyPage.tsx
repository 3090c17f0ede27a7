// What can be done for a person who asks what is held of them, or wants it gone: today's means.
import { Link, useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { useAudiences } from "@/api/cdp";
import { useWhole } from "@/api/whole";
import { Answer } from "@/ui/Answer";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { NotWhole } from "@/ui/NotAll";
import { rowsOf, Table } from "@/ui/Table";
import { ERASING, HELD, waitingWords, type Held } from "./held";

/** The parts of the page. */
export function PrivacyPage() {
  return (
    <>
      <Card title="Find a person">
        <FindPerson />
      </Card>
      <Card title="Access: what is held of somebody">
        <p className="mb-3">
          A person's page shows all of it. For an answer in writing, read the same from the API with
          a key of the scope read; each answer is JSON.
        </p>
        <Table<Held>
          caption="What is held of a person, and where it is read"
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
          Send an event of the person that refuses the purpose, or <code>"*": false</code> for all
          of them, under <code>context.consent.categoryPreferences</code>. It takes the person off
          every ad platform of that purpose at once; the gate does not hold that back.
        </p>
        <Leaving />
      </Card>
      <Card title="Erasure: gone, and not coming back">
        <p>
          A key of the scope admin erases a person from the command line. The preview says what
          would go and from which lists; the receipt proves what went, and can be verified against
          the audit log.
        </p>
        <Table<Held>
          caption="How a person is erased"
          rows={ERASING}
          keyOf={(row) => row.path}
          columns={[
            { name: "what", cell: (row) => row.what },
            { name: "command", cell: (row) => <code className="break-all">{row.path}</code> },
          ]}
        />
        <ul className="mt-2 list-disc pl-5">
          <li>
            Every finished <Link to="/operate/exports">export</Link> of the workspace is revoked: no
            file outlives a person who is in it.
          </li>
          <li>
            The <Link to="/trust/audit">audit log</Link> keeps digests and reasons, and no personal
            data, so nothing is taken out of it.
          </li>
        </ul>
      </Card>
    </>
  );
}

function FindPerson() {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const id = useId();
  return (
    <form
      role="search"
      className="flex flex-wrap items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({ to: "/cdp/profiles", search: { search: text.trim() } });
      }}
    >
      <div className="grid min-w-0 flex-1 gap-1">
        <label htmlFor={id}>An identifier, such as an e-mail address or a user id</label>
        <input
          id={id}
          type="search"
          required
          maxLength={200}
          autoComplete="off"
          className="w-full max-w-md"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <Button type="submit" look="main">
        Find
      </Button>
    </form>
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
