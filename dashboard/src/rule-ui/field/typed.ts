// What somebody types into an input before it is a value: kept until the value changes elsewhere.
import { useState } from "react";

interface Typed<Value> {
  readonly text: string;
  /** The value that the input had after this was typed. */
  readonly after: Value;
}

/**
 * The text of an input whose value is not a text.
 *
 * What cannot be read stays in the input and changes nothing; `isRead` says so.
 */
export function useTyped<Value>(
  value: Value,
  draw: (value: Value) => string,
  read: (text: string) => Value | null,
  onChange: (value: Value) => void,
): { text: string; isRead: boolean; type: (text: string) => void } {
  const [typed, setTyped] = useState<Typed<Value> | null>(null);
  const isOwn = typed !== null && Object.is(typed.after, value);
  const text = isOwn ? typed.text : draw(value);
  const type = (next: string) => {
    const found = read(next);
    setTyped({ text: next, after: found ?? value });
    if (found !== null) onChange(found);
  };
  return { text, isRead: !isOwn || read(text) !== null, type };
}
