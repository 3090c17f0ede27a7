// Parts of the page that are loaded when they are first shown, and that may fail to come.

/** A part did not come: the network is away, or the server has another build of the page by now. */
export class NotLoadedError extends Error {
  constructor() {
    super("A part of the page did not come.");
    this.name = "NotLoadedError";
  }
}

/** A part's module; throws a `NotLoadedError` where it does not come. */
export async function loading<Part>(part: Promise<Part>): Promise<Part> {
  try {
    return await part;
  } catch {
    throw new NotLoadedError();
  }
}
