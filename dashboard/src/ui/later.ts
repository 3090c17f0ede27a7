// Values that change while somebody types: taken once they rest, held until they are wanted.
import { useEffect, useState } from "react";

/** The value as it was when it last stayed the same for so long. */
export function useRested<Value>(value: Value, afterMs: number): Value {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return rested;
}

/** The last value that was taken; null before the first one. */
export function useLast<Value>(value: Value, isTaken: boolean): Value | null {
  const [last, setLast] = useState<Value | null>(null);
  if (!isTaken) return last;
  if (last !== value) setLast(value);
  return value;
}
