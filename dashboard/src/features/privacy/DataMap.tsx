// Where personal data rests, for how long, and how it leaves.
import { useId } from "react";
import { useDataMap } from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { Answer, Empty } from "@/ui/Answer";
import { Card } from "@/ui/Card";
import { Table } from "@/ui/Table";
import { Ticked } from "@/ui/Ticked";
import { usePrivacyAddress } from "./addressing";
import { hasWords, leavesWords, personalWords, toldWords } from "./places";

type Place = Schemas["PlaceView"];

/** The map, and words to filter it by. */
export function DataMap() {
  const map = useDataMap();
  const { search, change } = usePrivacyAddress();
  const id = useId();
  return (
    <Card title="Data map">
      <p className="mb-3 flex flex-wrap items-center gap-2">
        <label htmlFor={id} className="text-quiet">
          Places with the words
        </label>
        <input
          id={id}
          type="search"
          maxLength={100}
          className="max-w-full"
          value={search.place ?? ""}
          onChange={(event) => change({ place: event.target.value || undefined }, true)}
        />
      </p>
      <Answer asked={map} name="data map" height="16rem" oldAfterS={Infinity}>
        {({ places }) => {
          const shown = places.filter((place) => hasWords(place, search.place ?? ""));
          return (
            <>
              <p role="status" className="mb-2 text-note text-quiet">
                {shown.length} of {places.length} places
              </p>
              {shown.length === 0 ? (
                <Empty title="No place has these words" />
              ) : (
                <div className="max-h-[60vh] overflow-y-auto">
                  <Places rows={shown} />
                </div>
              )}
            </>
          );
        }}
      </Answer>
    </Card>
  );
}

function Places({ rows }: { readonly rows: readonly Place[] }) {
  return (
    <Table<Place>
      caption="Where personal data rests"
      rows={rows}
      keyOf={(row) => `${row.store} ${row.name} ${row.columns.join(" ")} ${row.what}`}
      columns={[
        {
          name: "place",
          cell: (row) => (
            <>
              {row.store} <code className="break-all">{row.name}</code>
              <span className="block break-words text-note text-quiet">
                {row.columns.join(", ")}
              </span>
            </>
          ),
        },
        {
          name: "what",
          cell: (row) => (
            <>
              <Ticked text={row.what} />
              <span className="block text-note text-quiet">{personalWords(row.personal)}</span>
              <span className="block text-note text-quiet lg:hidden">
                why: <Ticked text={row.why} />
              </span>
              <span className="block text-note text-quiet sm:hidden">
                how long: <Ticked text={row.kept} />
              </span>
              <span className="block text-note text-quiet md:hidden">
                leaves: {leavesWords(row.leaves)}
              </span>
              <span className="block text-note text-quiet lg:hidden">
                access: <Ticked text={toldWords(row)} />
              </span>
            </>
          ),
        },
        { name: "why", from: "lg", cell: (row) => <Ticked text={row.why} /> },
        { name: "how long", from: "sm", cell: (row) => <Ticked text={row.kept} /> },
        { name: "how it leaves", from: "md", cell: (row) => leavesWords(row.leaves) },
        { name: "in an archive", from: "lg", cell: (row) => <Ticked text={toldWords(row)} /> },
      ]}
    />
  );
}
