// A text that was typed in a field of several lines, as the API takes it.

/** The text in one line, without the blanks around it. */
export const oneLine = (text: string) => text.replaceAll(/\s+/g, " ").trim();
