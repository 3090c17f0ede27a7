// /dashboard/cdp/profiles
import { ProfileList } from "@/features/profile/ProfileList";

/** People, and one of them open over the list. */
export function CDPProfiles() {
  return <ProfileList />;
}
