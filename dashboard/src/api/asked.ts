// What paths of the API take and answer, as types out of its document.
import type { MaybeOptionalInit } from "openapi-fetch";
import type { HttpMethod, PathsWithMethod, RequiredKeysOf } from "openapi-typescript-helpers";
import type { paths } from "./schema";

/** A path that can be read. */
export type GetPath = PathsWithMethod<paths, "get">;
/** What a request to a path may carry. */
export type Init<P extends keyof paths, M extends HttpMethod & keyof paths[P]> = MaybeOptionalInit<
  paths[P],
  M
>;
type Success = 200 | 201 | 202;
/** What a path answers to a method where it succeeds: the schema of the document itself. */
export type Answer<
  P extends keyof paths,
  M extends HttpMethod & keyof paths[P],
> = paths[P][M] extends {
  responses: infer Responses;
}
  ? {
      [Status in keyof Responses & Success]: Responses[Status] extends {
        content: { "application/json": infer Body };
      }
        ? Body
        : never;
    }[keyof Responses & Success]
  : never;
/** What a reading hook takes: parameters where the path needs some, and options. */
export type Arguments<P extends GetPath, Options> =
  RequiredKeysOf<Init<P, "get">> extends never
    ? [Init<P, "get">?, Options?]
    : [Init<P, "get">, Options?];
