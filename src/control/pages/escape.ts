const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text without what only a terminal understands: colours and the like, and other control characters. */
export function withoutControls(text: string): string {
  return text.replaceAll(/(?![\t\n])\p{Cc}(?:(?<!\r)\[[\d:;<=>?]*[ -/]*[@-~])?/gu, "");
}

/** Text as it can stand in HTML, in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
