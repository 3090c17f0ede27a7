// What tables of signals have in common: its name, its health, and when it was read.
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/schemas";
import { nameOf } from "@/lib/signals";
import { State } from "./State";
import type { Column } from "./Table";
import { Time } from "./Time";

type Signal = Schemas["Signal"];

export const SIGNAL: Column<Signal> = {
  name: "signal",
  cell: (row) => (
    <Link to="/trust/signals/$signal" params={{ signal: row.signal }}>
      {nameOf(row)}
    </Link>
  ),
};

export const HEALTH: Column<Signal> = {
  name: "health",
  cell: (row) => (
    <State
      state={row.status}
      score={row.reading?.score ?? null}
      readAt={row.reading?.read_at}
      was={row.reading?.status}
    />
  ),
};

export const READ: Column<Signal> = {
  name: "read",
  cell: (row) => <Time at={row.reading?.read_at} />,
};
