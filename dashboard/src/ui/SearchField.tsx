// A field that searches while somebody types: told once the typing rests.
import { useEffect, useEffectEvent, useId, useState } from "react";

const RESTS_MS = 300;

interface Props {
  readonly label: string;
  /** What is searched for now, as the address has it. */
  readonly value: string | undefined;
  readonly className?: string;
  readonly onSearch: (text: string | undefined) => void;
}

/** A search field; where the address changes by itself, it shows what that says. */
export function SearchField({ label, value, className, onSearch }: Props) {
  const id = useId();
  const [typed, setTyped] = useState(value ?? "");
  const [seen, setSeen] = useState(value);
  const [told, setTold] = useState(value);
  if (value !== seen) {
    setSeen(value);
    if (value !== told) {
      setTold(value);
      setTyped(value ?? "");
    }
  }
  const tell = useEffectEvent(() => {
    const next = typed === "" ? undefined : typed;
    if (next === told) return;
    setTold(next);
    onSearch(next);
  });
  useEffect(() => {
    const timer = setTimeout(() => tell(), RESTS_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <>
      <label htmlFor={id} className="text-quiet">
        {label}
      </label>
      <input
        id={id}
        type="search"
        autoComplete="off"
        maxLength={256}
        className={className}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
    </>
  );
}
