// What goes wrong with a request, as one kind of error.

/** One field that does not hold, and why. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

interface Body {
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly FieldProblem[];
}

/** An error answer of the API (RFC 9457), or a request that got none (`status` 0). */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly at = Date.now();

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly errors: readonly FieldProblem[] = [],
    readonly retryAfterS: number | null = null,
  ) {
    super(detail);
  }

  /** Whether asking again later may help. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 503 || this.status === 429;
  }
}

/** Read an error answer; anything that is not a problem document still becomes a `Problem`. */
export async function problemOf(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get("retry-after") ?? "");
  const retryAfterS = Number.isFinite(wait) && wait > 0 ? wait : null;
  try {
    const body = (await response.clone().json()) as Partial<Body>;
    return new Problem(
      response.status,
      body.code ?? "unknown",
      body.detail ?? response.statusText,
      body.errors ?? [],
      retryAfterS,
    );
  } catch {
    return new Problem(
      response.status,
      "unreadable",
      `The server answered ${response.status}.`,
      [],
      retryAfterS,
    );
  }
}

/** Any thrown thing as a `Problem`. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, "unreachable", "The server cannot be reached.");
}
