// Laws of the identity graph, by random graphs against slow and obvious answers.
import { describe, expect, it } from "vitest";
import type { Schemas } from "@/api/schemas";
import { bridges } from "@/identity/bridges";
import { folded } from "@/identity/fold";
import { ROW, columns } from "@/identity/layout";
import { metro } from "@/identity/metro";
import { type Network, networkOf } from "@/identity/network";
import { path } from "@/identity/paths";
import { groupsAt, moments } from "@/identity/timeline";
import { web } from "@/identity/web";

type Status = Schemas["LinkView"]["status"];
const KINDS = ["user_id", "email", "phone", "device_id", "anonymous_id"];
const instant = (minute: number): string => new Date(minute * 60_000).toISOString();
const cause = { id: null, type: null, name: null, occurred_at: null, message_id: null };

function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

function link(a: string, b: string, minute: number, status: Status = "linked") {
  const end = (key: string) => ({ key, kind: "email", value: key, profile_id: null });
  return { a: end(a), b: end(b), status, reason: "", stated_at: instant(minute), cause };
}

function randomNetwork(seed: number, size: number, links: number): Network {
  const next = generator(seed);
  const key = (index: number): string => `k${String(index).padStart(4, "0")}`;
  const nodes = Array.from({ length: size }, (_, index) => ({
    key: key(index),
    kind: KINDS[next(KINDS.length)] ?? "email",
    value: `v${index}`,
    first_event: { ...cause, occurred_at: instant(next(100)) },
  }));
  const found = Array.from({ length: links }, () => {
    const [a, b] = [next(size), next(size)];
    const status = (["linked", "linked", "linked", "banned", "refused"] as const)[next(5)];
    return link(key(a), key((a === b ? b + 1 : b) % size), next(100), status ?? "linked");
  });
  return networkOf({
    profile_id: "p",
    nodes,
    links: found.filter((one) => one.status !== "refused"),
    conflicts: found.filter((one) => one.status === "refused"),
  });
}

/** All nodes that hang together with one, by asking again and again. */
function reachable(network: Network, from: string, without = "", until = Infinity): Set<string> {
  const seen = new Set([from]);
  for (let before = 0; before !== seen.size;) {
    before = seen.size;
    for (const edge of network.edges) {
      if (edge.isHeld && edge.id !== without && edge.at <= until) {
        if (seen.has(edge.a)) seen.add(edge.b);
        if (seen.has(edge.b)) seen.add(edge.a);
      }
    }
  }
  return seen;
}

const samples = Array.from({ length: 40 }, (_, seed) =>
  randomNetwork(seed + 1, 3 + (seed % 12), 2 + (seed % 17)),
);

describe("a network", () => {
  it("has other people's ends as ghosts, each node and link once", () => {
    const found = networkOf({
      profile_id: "p",
      nodes: [{ key: "a", kind: "email", value: "a", first_event: null }],
      links: [link("a", "x", 1), link("x", "a", 1)],
      conflicts: [
        {
          ...link("a", "y", 2, "refused"),
          b: { key: "y", kind: null, value: null, profile_id: null },
        },
      ],
    });
    expect(found.nodes.map((node) => [node.key, node.isGhost, node.kind])).toEqual([
      ["a", false, "email"],
      ["x", true, "email"],
      ["y", true, "not stored"],
    ]);
    expect(found.edges.map((edge) => edge.isHeld)).toEqual([true, false]);
  });
});

describe("columns", () => {
  it("never put two in one place, and know every node", () => {
    for (const network of samples) {
      const { places, width, height } = columns(network.nodes, ["user_id", "email"]);
      expect(places.size).toBe(network.nodes.length);
      expect(new Set([...places.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(places.size);
      expect([...places.values()].every(({ x, y }) => x < width && y + ROW / 2 < height)).toBe(
        true,
      );
    }
    expect(columns([], []).places.size).toBe(0);
  });
  it("stand in the order of priority, others by name", () => {
    const network = randomNetwork(3, 60, 10);
    const kinds = columns(network.nodes, ["phone", "email"]).columns.map((one) => one.kind);
    expect(kinds).toEqual(["phone", "email", "anonymous_id", "device_id", "user_id"]);
  });
});

describe("bridges", () => {
  it("are the links without which the person falls apart, with both sides counted", () => {
    for (const network of samples) {
      const found = bridges(network);
      for (const edge of network.edges.filter((one) => one.isHeld)) {
        const [a, b] = [reachable(network, edge.a, edge.id), reachable(network, edge.b, edge.id)];
        const bridge = found.get(edge.id);
        expect(bridge !== undefined).toBe(!a.has(edge.b));
        if (bridge) expect([bridge.nearA, bridge.nearB]).toEqual([a.size, b.size]);
      }
      expect([...found.values()].every(({ edge }) => edge.isHeld)).toBe(true);
    }
  });
  it("of a chain of 20,000 are all its links, without a deep stack", () => {
    const size = 20_000;
    const links = Array.from({ length: size - 1 }, (_, index) =>
      link(`n${index}`, `n${index + 1}`, 1),
    );
    const network = networkOf({ profile_id: "p", nodes: [], links, conflicts: [] });
    const found = bridges(network);
    expect(found.size).toBe(size - 1);
  });
});

describe("paths", () => {
  it("are chains of held links, as short as can be, and none where nothing holds", () => {
    for (const network of samples) {
      const [first, ...rest] = network.nodes;
      for (const { key } of rest) {
        const from = first?.key ?? "";
        const hops = path(network, from, key);
        expect(hops !== null).toBe(reachable(network, from).has(key));
        let at = from;
        for (const hop of hops ?? []) {
          expect([hop.from, hop.edge.isHeld]).toEqual([at, true]);
          expect([hop.edge.a, hop.edge.b].toSorted()).toEqual([hop.from, hop.to].toSorted());
          at = hop.to;
        }
        if (hops) {
          expect(at).toBe(key);
          let ring = new Set([from]);
          for (let distance = 0; distance < hops.length; distance += 1) {
            expect(ring.has(key)).toBe(false);
            const held = network.edges.filter((edge) => edge.isHeld);
            const next = held.flatMap(({ a, b }) => [
              ...(ring.has(a) ? [b] : []),
              ...(ring.has(b) ? [a] : []),
            ]);
            ring = new Set([...ring, ...next]);
          }
        }
      }
      expect(path(network, first?.key ?? "", first?.key ?? "")).toEqual([]);
    }
  });
});

describe("groups at an instant", () => {
  it("are what hung together then", () => {
    for (const network of samples) {
      for (const at of [...moments(network), -1, Infinity]) {
        const found = groupsAt(network, at);
        for (const [one, number] of found) {
          const together = reachable(network, one, "", at);
          for (const [other, theirs] of found) expect(theirs === number).toBe(together.has(other));
        }
      }
    }
  });
});

describe("folding", () => {
  it("keeps every identifier in one place and goes no further than it must", () => {
    const links = Array.from({ length: 300 }, (_, index) => link("hub", `leaf${index}`, 1));
    const nodes = ["hub", ...links.map((one) => one.b.key)].map((key) => ({
      key,
      kind: key === "hub" ? "user_id" : "anonymous_id",
      value: key,
      first_event: null,
    }));
    const network = networkOf({ profile_id: "p", nodes, links, conflicts: [] });
    const found = folded(network, new Set());
    expect(found.nodes).toHaveLength(2);
    expect([...found.folds.values()].map((fold) => fold.keys.length)).toEqual([300]);
    expect(found.edges).toHaveLength(1);
    const key = [...found.folds.keys()][0] ?? "";
    expect(folded(network, new Set([key])).nodes).toHaveLength(301);
    expect(folded(network, new Set(), 400).folds.size).toBe(0);
  });
});

describe("the web", () => {
  const drawn = (network: Network) => {
    const steps = web(network);
    let count = 0;
    for (;;) {
      const { done, value } = steps.next();
      if (done) return { count, value };
      count += 1;
    }
  };
  it("is the same picture for the same graph, in whatever order it comes", () => {
    const network = randomNetwork(5, 40, 60);
    const turned = { nodes: network.nodes.toReversed(), edges: network.edges.toReversed() };
    const [one, other] = [drawn(network), drawn(turned)];
    expect(one.value.places).toEqual(other.value.places);
    expect(one.count).toBeLessThanOrEqual(120);
    expect([...one.value.places.values()].every(({ x, y }) => x > 0 && y > 0)).toBe(true);
    expect(drawn({ nodes: [], edges: [] }).value.places.size).toBe(0);
  });
});

describe("the metro map", () => {
  const merge = (id: number, kind: Schemas["Merge"]["kind"], survivor: string, other: string) => ({
    id,
    kind,
    survivor,
    other,
    occurred_at: instant(id),
    recorded_at: instant(id),
    cause,
    link: [],
  });
  it("joins lines at merges and forks them at unmerges", () => {
    const found = metro([merge(2, "unmerge", "p", "q"), merge(1, "merge", "p", "o")], "p");
    expect(found.lines).toEqual([
      { profile: "p", row: 0, stretches: [{ since: null, until: null }] },
      { profile: "q", row: 1, stretches: [{ since: 120_000, until: null }] },
      { profile: "o", row: 2, stretches: [{ since: null, until: 60_000 }] },
    ]);
    expect(found.stations.map(({ at, row, other }) => [at, row, other])).toEqual([
      [60_000, 0, 2],
      [120_000, 0, 1],
    ]);
  });
  it("ends a line and begins it again where a person comes back", () => {
    const found = metro([merge(1, "merge", "p", "o"), merge(2, "unmerge", "p", "o")], "p");
    expect(found.lines[1]?.stretches).toEqual([
      { since: null, until: 60_000 },
      { since: 120_000, until: null },
    ]);
    expect(metro([], "p").lines).toEqual([
      { profile: "p", row: 0, stretches: [{ since: null, until: null }] },
    ]);
  });
});

describe("400 identifiers", () => {
  it("are laid out, searched and grouped at once", () => {
    const network = randomNetwork(11, 400, 600);
    const began = performance.now();
    columns(network.nodes, KINDS);
    bridges(network);
    path(network, "k0000", "k0399");
    groupsAt(network, Infinity);
    folded(network, new Set());
    expect(performance.now() - began).toBeLessThan(500);
  });
});
