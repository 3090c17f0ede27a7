// The web layout: forces from fixed starts, no clock, no chance: one graph is one picture.
import {
  type SimulationLinkDatum,
  type SimulationNodeDatum,
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
} from "d3-force";
import type { Drawing, Place } from "@/identity/layout";
import type { Network } from "@/identity/network";

export const STEPS_MOST = 120;
const APART = 26;
const MARGIN = 48;
/** The angle at which seeds of a sunflower stand: starts spread evenly. */
const GOLDEN = Math.PI * (3 - Math.sqrt(5));

interface Body extends SimulationNodeDatum {
  readonly key: string;
}

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function drawing(bodies: readonly Body[]): Drawing {
  const xs = bodies.map((body) => body.x ?? 0);
  const ys = bodies.map((body) => body.y ?? 0);
  const [left, top] = [Math.min(0, ...xs), Math.min(0, ...ys)];
  const places = new Map<string, Place>(
    bodies.map((body, index) => [
      body.key,
      { x: (xs[index] ?? 0) - left + MARGIN, y: (ys[index] ?? 0) - top + MARGIN },
    ]),
  );
  return {
    places,
    columns: [],
    width: Math.max(0, ...xs) - left + 4 * MARGIN,
    height: Math.max(0, ...ys) - top + 2 * MARGIN,
  };
}

/**
 * One step per turn of the generator, so that a page can stop between two; the last value is the
 * drawing. However it is sliced, the picture is the same.
 */
export function* web(network: Network, steps = STEPS_MOST): Generator<undefined, Drawing> {
  const keys = network.nodes.map((node) => node.key).toSorted(byText);
  const bodies: Body[] = keys.map((key, index) => ({
    key,
    x: APART * Math.sqrt(index + 0.5) * Math.cos(index * GOLDEN),
    y: APART * Math.sqrt(index + 0.5) * Math.sin(index * GOLDEN),
  }));
  const known = new Set(keys);
  const links: SimulationLinkDatum<Body>[] = network.edges
    .filter((edge) => known.has(edge.a) && known.has(edge.b))
    .toSorted((one, other) => byText(one.id, other.id))
    .map((edge) => ({ source: edge.a, target: edge.b }));
  const simulation = forceSimulation(bodies)
    .stop()
    .alphaDecay(1 - 0.001 ** (1 / steps))
    .force("charge", forceManyBody<Body>().strength(-180).distanceMax(500))
    .force("x", forceX<Body>(0).strength(0.05))
    .force("y", forceY<Body>(0).strength(0.07))
    .force("apart", forceCollide<Body>(APART))
    .force(
      "links",
      forceLink<Body, SimulationLinkDatum<Body>>(links)
        .id((body) => body.key)
        .distance(80),
    );
  for (let step = 0; step < steps; step += 1) {
    simulation.tick();
    yield;
  }
  return drawing(bodies);
}
