// The frame: skip link, sidebar or drawer, top bar, banners, the page.
import { lazy, Suspense, useState, type ReactNode } from "react";
import { loading } from "@/lib/loading";
import { Dialog } from "@/ui/Dialog";
import { Guard } from "@/ui/Failed";
import { Icon } from "@/ui/Icon";
import { Button } from "@/ui/Button";
import { firstFocus } from "@/ui/focus";
import { useKept } from "@/ui/kept";
import { Banners } from "./Banners";
import { Keys } from "./Keys";
import { Sidebar } from "./Sidebar";
import { TopBar } from "./TopBar";
import { Who } from "./Who";

const finding = loading(import("./Find")); // after the page, and before anybody looks for anything
finding.catch(() => {}); // said where it is missing
const Find = lazy(async () => ({ default: (await finding).Find }));

/** The frame around a page. */
export function Frame({ children }: { readonly children: ReactNode }) {
  const [kept, keepNarrow] = useKept("sidebarNarrow", "false");
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const [isFindOpen, setFindOpen] = useState(false);
  const [isFreezing, setFreezing] = useState(false);
  const isNarrow = kept === "true";
  const toggle = () => keepNarrow(String(!isNarrow));
  return (
    <div className="flex min-h-dvh">
      <a
        href="#page"
        className="sr-only z-50 bg-surface p-2 focus:not-sr-only focus:absolute"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("page")?.focus();
        }}
      >
        Skip to the page
      </a>
      <aside
        aria-label="Sidebar"
        className={`sticky top-0 flex h-dvh shrink-0 flex-col overflow-y-auto border-r border-line bg-surface max-md:hidden ${isNarrow ? "w-14" : "w-56"}`}
      >
        <p className="flex h-14 items-center gap-2 px-4 font-[650]">
          <Icon name="layers" />
          <span className={isNarrow ? "sr-only" : ""}>Stratum</span>
          <Button
            look="bare"
            className={`min-h-8 px-1 ${isNarrow ? "ml-0" : "ml-auto"}`}
            aria-label={isNarrow ? "Widen the sidebar" : "Narrow the sidebar"}
            aria-expanded={!isNarrow}
            onClick={toggle}
          >
            <Icon name={isNarrow ? "right" : "left"} />
          </Button>
        </p>
        <Sidebar isNarrow={isNarrow} />
        <Who isNarrow={isNarrow} />
      </aside>
      <Dialog title="Stratum" isOpen={isDrawerOpen} onClose={() => setDrawerOpen(false)}>
        <Sidebar isNarrow={false} onFollow={() => setDrawerOpen(false)} />
        <Who isNarrow={false} />
      </Dialog>
      <div className="min-w-0 flex-1">
        <TopBar
          onMenu={() => setDrawerOpen(true)}
          onFind={() => setFindOpen(true)}
          isFreezing={isFreezing}
          onFreeze={setFreezing}
        />
        <Banners />
        <main id="page" tabIndex={-1} className="mx-auto max-w-[100rem] p-4 outline-none">
          {children}
        </main>
      </div>
      <Dialog title="Find" isOpen={isFindOpen} onClose={() => setFindOpen(false)}>
        <Guard name="search">
          <Finding onClose={() => setFindOpen(false)} onFreeze={() => setFreezing(true)} />
        </Guard>
      </Dialog>
      <Keys onFind={() => setFindOpen(true)} onSidebar={toggle} />
    </div>
  );
}

/** The search, and until it is loaded a field that keeps what is typed. */
function Finding(props: { readonly onClose: () => void; readonly onFreeze: () => void }) {
  const [text, setText] = useState("");
  return (
    <Suspense
      fallback={
        <input
          ref={firstFocus}
          type="search"
          aria-label="Find"
          aria-busy="true"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      }
    >
      <Find text={text} onText={setText} {...props} />
    </Suspense>
  );
}
