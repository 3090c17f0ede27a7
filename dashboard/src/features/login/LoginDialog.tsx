// Asks for the key again where a login ended in the middle of work: nothing on the page is lost.
import { useLoginEnded } from "@/api/login";
import { Dialog } from "@/ui/Dialog";
import { LoginForm } from "./LoginForm";

/** The dialog over the page; the requests that failed are repeated when it is answered. */
export function LoginDialog() {
  const hasEnded = useLoginEnded();
  return (
    <Dialog title="Your login has ended" isOpen={hasEnded} onClose={() => {}} isClosable={false}>
      <p>Log in again to go on where you are. Nothing you typed is lost.</p>
      <LoginForm onDone={() => {}} />
    </Dialog>
  );
}
