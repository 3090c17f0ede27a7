// Where identity begins without a person: find one, the newest merges, the newest conflicts.
import { Link } from "@tanstack/react-router";
import { useConflicts, useMergeHistory, useSearchProfiles } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Mask, MaskSwitch, useMasked } from "@/ui/Mask";
import { Page } from "@/ui/Page";
import { SearchField } from "@/ui/SearchField";
import { rowsOf, Table } from "@/ui/Table";
import { Time } from "@/ui/Time";
import { useIdentityAddress } from "./addressing";
import { MergeTable } from "./MergeTable";
import { causeWords, endWords } from "./words";

/** The identity section without a person. */
export function Start() {
  return (
    <Page
      title="Identity"
      lead="Which identifiers are one person, and what united or divided them."
      acts={<MaskSwitch />}
    >
      <Find />
      <Merges />
      <Conflicts />
    </Page>
  );
}

function Find() {
  const [{ search = "" }, change] = useIdentityAddress();
  const wanted = search.trim();
  const isAsked = wanted.length >= 2;
  const found = useSearchProfiles(
    { params: { query: { search: wanted, limit: 20 } } },
    { enabled: isAsked },
  );
  return (
    <Card title="Find a person">
      <p className="grid max-w-md gap-1">
        <SearchField
          label="Beginning of an identifier"
          value={search === "" ? undefined : search}
          onSearch={(text) => change({ search: text })}
        />
      </p>
      {isAsked && (
        <div className="mt-3">
          <Answer
            asked={found}
            name="people"
            empty={(data) =>
              rowsOf(data).length === 0 ? (
                <Empty title="Nobody has an identifier that begins like this" />
              ) : undefined
            }
          >
            {(data) => (
              <ul className="grid gap-1">
                {rowsOf(data).map((person) => (
                  <li key={person.id} className="flex min-h-6 flex-wrap gap-3">
                    <Link to="/cdp/identity/$id" params={{ id: person.id }}>
                      <Mask value={person.identifiers[0]?.value ?? person.id} />
                    </Link>
                    <span className="text-quiet">{person.identifiers[0]?.kind}</span>
                  </li>
                ))}
              </ul>
            )}
          </Answer>
        </div>
      )}
    </Card>
  );
}

function Merges() {
  const merges = useMergeHistory({ params: { query: { limit: 20 } } });
  return (
    <Card title="Newest merges and splits">
      <Answer
        asked={merges}
        name="merges"
        height="12rem"
        empty={(data) =>
          rowsOf(data).length === 0 ? (
            <Empty title="Nobody was merged yet">
              People are united when one event names identifiers of both.
            </Empty>
          ) : undefined
        }
      >
        {(data) => <MergeTable rows={rowsOf(data)} more={merges} />}
      </Answer>
    </Card>
  );
}

function Conflicts() {
  const conflicts = useConflicts({ params: { query: { limit: 20 } } });
  const isMasked = useMasked();
  const person = (end: Schemas["End"]) =>
    end.profile_id === null ? (
      endWords(end, isMasked)
    ) : (
      <Link to="/cdp/identity/$id" params={{ id: end.profile_id }}>
        {endWords(end, isMasked)}
      </Link>
    );
  return (
    <Card title="Newest conflicts">
      <Answer
        asked={conflicts}
        name="conflicts"
        height="12rem"
        empty={(data) =>
          rowsOf(data).length === 0 ? (
            <Empty title="No link was refused">
              A link that would give one person too many identifiers of a kind is refused and listed
              here.
            </Empty>
          ) : undefined
        }
      >
        {(data) => (
          <Table<Schemas["LinkView"]>
            caption="Refused links, newest first"
            rows={rowsOf(data)}
            more={conflicts}
            keyOf={(row) => `${row.a.key} ${row.b.key}`}
            columns={[
              {
                name: "link",
                cell: (row) => (
                  <>
                    {person(row.a)} — {person(row.b)}
                  </>
                ),
              },
              { name: "why", cell: (row) => row.reason },
              { name: "stated by", from: "md", cell: (row) => causeWords(row.cause) },
              { name: "stated", cell: (row) => <Time at={row.stated_at} /> },
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
