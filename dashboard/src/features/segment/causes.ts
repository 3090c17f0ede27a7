// What moves people into a segment and out of it, in words.
export const CAUSES: Readonly<Record<string, string>> = {
  event: "an event arrived",
  merge: "two profiles were united",
  unmerge: "a profile was split",
  wake: "time passed",
  edit: "the rule was published or changed",
  consent: "consent changed",
};
