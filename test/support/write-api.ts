/** Writes the reports of the public API. */
import { writeFileSync } from "node:fs";
import { apiReport, entryPoints, reportFile } from "./api-report.ts";

for (const name of Object.keys(entryPoints)) writeFileSync(reportFile(name), apiReport(name));
