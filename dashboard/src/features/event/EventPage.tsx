// Events: do they come, as usual, and understood?
import { CursorProvider } from "@/chart/Cursor";
import { Anomalies } from "./Anomalies";
import { useAskedEvents } from "./asked";
import { EventPanel } from "./EventPanel";
import { Filters } from "./Filters";
import { Timeline } from "./Timeline";
import { Volume } from "./Volume";

/** The parts of the page. */
export function EventPage() {
  const { search } = useAskedEvents();
  const isOpen = search.event !== undefined && search.at !== undefined;
  return (
    <>
      <Filters />
      <CursorProvider>
        <Volume />
      </CursorProvider>
      <Anomalies />
      <div
        className={`grid grid-cols-[minmax(0,1fr)] items-start gap-4 ${isOpen ? "lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]" : ""}`}
      >
        <Timeline />
        {isOpen && <EventPanel />}
      </div>
    </>
  );
}
