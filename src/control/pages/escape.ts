const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Removes escape sequences of terminals, as those of colours, and other control characters. */
export function withoutControls(text: string): string {
  return text.replaceAll(/(?![\t\n])\p{Cc}(?:(?<!\r)\[[\d:;<=>?]*[ -/]*[@-~])?/gu, "");
}

/** Escapes text for HTML, for an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
