// One person's identity: the picture in both layouts, its time, its paths, and tables beside it.
import { useCallback, useMemo, useState } from "react";
import type { Schemas } from "@/api/schemas";
import { bridges } from "@/identity/bridges";
import { DRAWN_MOST, folded } from "@/identity/fold";
import { columns } from "@/identity/layout";
import { networkOf } from "@/identity/network";
import { path } from "@/identity/paths";
import { groupsAt, moments } from "@/identity/timeline";
import { web } from "@/identity/web";
import { Button } from "@/ui/Button";
import { Card } from "@/ui/Card";
import { MaskSwitch } from "@/ui/Mask";
import { useSliced } from "@/ui/slices";
import { useIdentityAddress } from "./addressing";
import { Chain } from "./Chain";
import { Identifiers } from "./Identifiers";
import { LiftBan } from "./LiftBan";
import { LinkDetail } from "./LinkDetail";
import { LinkTable } from "./LinkTable";
import { Picture } from "./Picture";
import { TimeSlider } from "./TimeSlider";
import { Unmerge } from "./Unmerge";
import { sizeWords } from "./words";

const PRIORITY = ["user_id", "email", "phone", "device_id", "anonymous_id"];
const NOBODY: ReadonlySet<string> = new Set();

/** What the graph says, and what can be asked of it. */
export function Board({ graph }: { readonly graph: Schemas["Graph"] }) {
  const [search, change] = useIdentityAddress();
  const [open, setOpen] = useState(NOBODY);
  const [marked, setMarked] = useState(NOBODY);
  const network = useMemo(() => networkOf(graph), [graph]);
  const cuts = useMemo(() => bridges(network), [network]);
  const times = useMemo(() => moments(network), [network]);
  const drawn = useMemo(() => folded(network, open), [network, open]);
  const isTooMany = drawn.nodes.length > DRAWN_MOST;
  const isWeb = search.layout === "web" && !isTooMany;
  const spread = useCallback(() => web(drawn), [drawn]);
  const woven = useSliced(isWeb ? spread : null);
  const plain = useMemo(() => columns(drawn.nodes, PRIORITY), [drawn]);

  const said = Date.parse(search.at ?? "");
  const at = Number.isNaN(said) ? null : said;
  const until = at ?? Number.POSITIVE_INFINITY;
  const groups = useMemo(() => {
    const found = new Map(groupsAt(network, until));
    for (const fold of drawn.folds.values()) {
      const group = fold.keys.map((key) => found.get(key)).find((each) => each !== undefined);
      if (group !== undefined) found.set(fold.key, group);
    }
    return found;
  }, [network, drawn, until]);
  const parts = new Set(groups.values()).size;

  const { one, other } = search;
  const hops = one !== undefined && other !== undefined ? path(network, one, other) : null;
  const onPath = new Set(hops?.map((hop) => hop.edge.id));
  const edge = network.edges.find((each) => each.id === search.link);
  const choose = (key: string) => {
    if (drawn.folds.has(key)) setOpen(new Set([...open, key]));
    else if (key === one) change({ one: other, other: undefined });
    else if (key === other) change({ other: undefined });
    else if (one === undefined) change({ one: key });
    else if (other === undefined) change({ other: key });
    else change({ one: key, other: undefined });
  };
  const mark = (key: string) => {
    const next = new Set(marked);
    if (!next.delete(key)) next.add(key);
    setMarked(next);
  };
  const of = (status: string) => network.edges.filter((e) => e.link.status === status).length;
  const size = sizeWords(graph.nodes.length, of("linked"), of("refused"), of("banned"));
  return (
    <>
      <Card title="Why these are one person" aside={size}>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
          <div className="flex flex-wrap items-center gap-3">
            <label className="flex items-center gap-2">
              Layout
              <select
                value={isWeb ? "web" : "columns"}
                onChange={(event) => change({ layout: event.target.value })}
              >
                <option value="columns">columns by kind</option>
                <option value="web" disabled={isTooMany}>
                  web
                </option>
              </select>
            </label>
            <MaskSwitch />
            {open.size > 0 && <Button onClick={() => setOpen(NOBODY)}>Fold again</Button>}
          </div>
          {graph.truncated && (
            <p role="status" className="text-degraded">
              There are more identifiers or links than are shown here.
            </p>
          )}
          {isTooMany && (
            <p className="text-quiet">
              The web layout draws at most {DRAWN_MOST} nodes; here are {drawn.nodes.length}.
            </p>
          )}
          <TimeSlider
            moments={times}
            at={at}
            onAt={(next) =>
              change({ at: next === null ? undefined : new Date(next).toISOString() })
            }
          />
          <p role="status" className="text-table text-quiet">
            {parts === 1
              ? "All of them hang together"
              : `${parts} groups that do not hang together`}
            {at !== null && " at this instant"}
            {drawn.folds.size > 0 && ". Bunches of one kind are folded; choose one to unfold it."}
          </p>
          <Picture
            title={`Identity graph: ${size}`}
            network={drawn}
            drawing={isWeb && woven !== null ? woven : plain}
            bridges={cuts}
            groups={groups}
            at={until}
            chosen={[one, other]}
            link={search.link}
            onPath={onPath}
            onNode={choose}
            onLink={(id) => change({ link: id === search.link ? undefined : id })}
          />
          <p className="text-note text-quiet">
            ⬢ user id · ● e-mail · ■ phone · ◆ device · ○ anonymous · ▲ other. Double line: a
            bridge. Dashed: refused. Dotted with ✕: banned. Choose two identifiers to see the path
            between them.
          </p>
        </div>
      </Card>
      {edge !== undefined && (
        <LinkDetail
          edge={edge}
          bridge={cuts.get(edge.id)}
          profileId={graph.profile_id}
          acts={
            <>
              {edge.isHeld && (
                <Unmerge
                  name="This link is wrong…"
                  profileId={graph.profile_id}
                  wanted={{ identifiers: [], links: [[{ key: edge.a }, { key: edge.b }]] }}
                />
              )}
              <LiftBan key={edge.id} link={edge.link} />
            </>
          }
        />
      )}
      {one !== undefined && other !== undefined && (
        <Chain network={network} from={one} to={other} hops={hops} />
      )}
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 2xl:grid-cols-2">
        <Card
          title="Identifiers"
          aside={
            <Unmerge
              name={marked.size === 0 ? "Split off…" : `Split off ${marked.size}…`}
              profileId={graph.profile_id}
              wanted={{ identifiers: [...marked].map((key) => ({ key })), links: [] }}
              refusal={marked.size === 0 ? "Mark identifiers in the table first." : undefined}
            />
          }
        >
          <Identifiers
            network={network}
            chosen={[one, other]}
            onChoose={choose}
            marked={marked}
            onMark={mark}
          />
        </Card>
        <Card title="Links">
          <LinkTable
            edges={network.edges}
            bridges={cuts}
            selected={search.link}
            onSelect={(id) => change({ link: id })}
          />
        </Card>
      </div>
    </>
  );
}
