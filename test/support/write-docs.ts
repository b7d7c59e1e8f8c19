/** `npm run docs:settings`: writes the generated parts into the documents. */
import { parts, write } from "./generated.ts";

for (const part of parts) write(part);
