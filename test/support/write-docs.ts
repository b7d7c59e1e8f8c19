/** `npm run docs:settings`: writes what is made from the schemas: interfaces, parts of documents. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { parts, write } from "./generated.ts";
import { root } from "./processes.ts";
import { settingsInterfaces } from "./settings-interfaces.ts";

for (const part of parts) write(part);
for (const { file, text } of settingsInterfaces()) writeFileSync(path.join(root, file), text);
