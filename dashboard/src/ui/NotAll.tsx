// Says where a list, or what can be chosen, is not whole.

export const NOT_ALL = "There are more than are listed here";

/** The last option of a select whose choices were cut; nothing where they are all there. */
export function NotAllOption({ isCut }: { readonly isCut: boolean }) {
  return isCut ? (
    <option disabled value="not all">
      {NOT_ALL}
    </option>
  ) : null;
}

interface Props {
  /** What the list holds: "audiences". */
  readonly name: string;
  readonly isWhole: boolean;
  /** There are more than are read at all. */
  readonly isCut: boolean;
}

/** Below what was worked out from a list: that the list goes on; nothing where it is whole. */
export function NotWhole({ name, isWhole, isCut }: Props) {
  if (isWhole) return null;
  return (
    <p role="status" className="mt-2 text-table text-quiet">
      {isCut ? `There are more ${name} than were looked at.` : `More ${name} are being read…`}
    </p>
  );
}
