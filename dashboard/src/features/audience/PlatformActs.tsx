// What can be done with a platform: check it, disconnect it, connect it again.
import {
  useAudiences,
  useCheckPlatform,
  useConnectPlatform,
  useDisconnectPlatform,
} from "@/api/cdp";
import type { Schemas } from "@/api/schemas";
import { useWhole } from "@/api/whole";
import { plural } from "@/lib/number";
import { Act } from "@/ui/Act";
import { useAnnounce } from "@/ui/Announcer";
import { Button } from "@/ui/Button";
import { useRefusal } from "@/ui/scopes";
import { rowsOf } from "@/ui/Table";

type Name = Schemas["PlatformView"]["platform"];

interface Props {
  readonly platform: Name;
  readonly isDisconnected: boolean;
}

/** The buttons of a platform that is configured. */
export function PlatformActs({ platform, isDisconnected }: Props) {
  const check = useCheckPlatform();
  const connect = useConnectPlatform();
  const disconnect = useDisconnectPlatform();
  const mayCheck = useRefusal(check.scopes);
  const mayConnect = useRefusal(connect.scopes);
  const mayDisconnect = useRefusal(disconnect.scopes);
  const announce = useAnnounce();
  const params = { path: { platform } };
  return (
    <p className="flex flex-wrap items-center gap-1">
      <Button
        refusal={mayCheck}
        isBusy={check.isPending}
        aria-label={`Check now: ${platform}`}
        onClick={() =>
          check.mutate({ params }, { onSuccess: () => announce(`${platform} was checked.`) })
        }
      >
        Check now
      </Button>
      {isDisconnected ? (
        <Act
          name="Connect…"
          title={`Connect ${platform}`}
          verb="Connect"
          done={`${platform} is connected.`}
          hasReason={false}
          refusal={mayConnect}
          effect={<p>The platform is checked. Its audiences stay paused until they are resumed.</p>}
          act={() => connect.mutateAsync({ params })}
        />
      ) : (
        <Act
          name="Disconnect…"
          title={`Disconnect ${platform}`}
          verb="Disconnect"
          done={`${platform} is disconnected.`}
          look="danger"
          refusal={mayDisconnect}
          effect={<Effect platform={platform} />}
          act={(reason) => disconnect.mutateAsync({ params, body: { reason } })}
        />
      )}
      {check.error !== null && <span role="alert">{check.error.message}</span>}
    </p>
  );
}

function Effect({ platform }: { readonly platform: Name }) {
  const audiences = useAudiences({ params: { query: { limit: 200 } } });
  const { isWhole } = useWhole(audiences);
  const count = rowsOf(audiences.data).filter(
    (row) => row.platform === platform && row.status === "active",
  ).length;
  if (isWhole && count === 0)
    return <p>No audience runs there. None can be made until it is connected again.</p>;
  return (
    <p>
      {audiences.data === undefined
        ? "Its audiences"
        : `${isWhole ? "" : "At least "}${plural(count, "audience", "audiences")}`}{" "}
      will be paused. None can be made or resumed there until it is connected again. Withdrawals and
      deletions still go out.
    </p>
  );
}
