// What of the API no hook asks for, and which hooks no page calls; each with its reason.
const COLLECTED = "Takes events from the sources of a workspace, by write key: no page sends any.";
const CONTROLLERS = "OpenDSR: other systems send requests of people by it.";
const RETENTION = "`stratum privacy retention` shows, previews and sets it.";
const BROWSERS = "A file: the browser loads it by a link.";

/** Operations without a hook, by their id. */
export const UNUSED: Readonly<Record<string, string>> = {
  collect_beacon_v1_batch: COLLECTED,
  collect_v1_a: COLLECTED,
  collect_v1_alias: COLLECTED,
  collect_v1_b: COLLECTED,
  collect_v1_batch: COLLECTED,
  collect_v1_g: COLLECTED,
  collect_v1_group: COLLECTED,
  collect_v1_i: COLLECTED,
  collect_v1_identify: COLLECTED,
  collect_v1_import: COLLECTED,
  collect_v1_p: COLLECTED,
  collect_v1_page: COLLECTED,
  collect_v1_s: COLLECTED,
  collect_v1_screen: COLLECTED,
  collect_v1_t: COLLECTED,
  collect_v1_track: COLLECTED,
  restrict_person: "`stratum privacy restrict` asks for it.",
  release_person: "`stratum privacy release` asks for it.",
  enter_objection: "`stratum privacy object` enters it.",
  get_retention: RETENTION,
  preview_retention: RETENTION,
  set_retention: RETENTION,
  download_archive: "A file, by a link that takes no key: whoever asked for their data loads it.",
  get_erasure_receipt: BROWSERS,
  extend_privacy_request: "`stratum privacy extend` asks for it.",
  discover_opendsr: CONTROLLERS,
  download_opendsr_certificate: CONTROLLERS,
  send_opendsr_request: CONTROLLERS,
  get_opendsr_request: CONTROLLERS,
  cancel_opendsr_request: CONTROLLERS,
  get_rudder_settings: COLLECTED,
  get_segment_settings: COLLECTED,
  get_liveness: "For whoever restarts the process; the page asks for its health.",
  download_export: BROWSERS,
  export_audit: BROWSERS,
  listen: "The live connection listens to it, once per tab: `live.ts`.",
};

/** Hooks that are there for what is built on the page, and that none of its own pages calls. */
export const UNCALLED: Readonly<Record<string, string>> = {
  useApproveMode: "No mode needs a second person: a dry run lets nothing pass.",
  useLifecycle: "The totals have the people of each stage, too: one request less.",
  usePushes: "An audience's page has its own pushes; what is held is a decision.",
  useSweep: "A listed sweep says all that the single one says.",
};
