// A sentence of the API in which code stands between back ticks.
interface Props {
  readonly text: string;
}

/** The sentence, with its code as code. */
export function Ticked({ text }: Props) {
  const parts = text.split("`");
  return (
    <>
      {parts.map((part, place) =>
        place % 2 === 1 && place < parts.length - 1 ? (
          // oxlint-disable-next-line react/no-array-index-key -- parts never change their order
          <code key={place}>{part}</code>
        ) : (
          part
        ),
      )}
    </>
  );
}
