// The API's things by name, from the generated types.
import type { components } from "./schema";

/** All schemas of the OpenAPI document: `Schemas["PushView"]`. */
export type Schemas = components["schemas"];
