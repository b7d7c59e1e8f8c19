import { listenerEventNames } from "../../events/hierarchy.ts";
import { nearest } from "../../schema/suggest.ts";
import { programSettings } from "../../settings/program.ts";
import { show } from "../../schema/show.ts";
import type { Section } from "../ini.ts";
import { Options, type Reading } from "../section-reader.ts";
import type { Draft } from "./program-draft.ts";
import { kindOptions } from "./program-options.ts";
import { readProgram } from "./program.ts";

const { shape } = programSettings;
const { events: _, ...others } = kindOptions.eventlistener;
const STANDARD_HANDLER = shape.result_handler.parse(undefined);

/** Reads the program of an `[eventlistener:x]`. */
export function readListener(reading: Reading, section: Section, name: string): Draft {
  const options = new Options(reading, section);
  const names = reading.environment;
  const draft: Draft = options.readAll(others, names);
  const { buffer_size: size, result_handler: handler } = draft;
  if (size !== undefined && size < 1) {
    const shown = options.shown("buffer_size", String(size));
    options.fail("buffer_size", `[${section.name}] section sets invalid buffer_size (${shown})`, {
      expected: "a whole number, 1 or more",
    });
  }
  if (handler !== undefined && handler !== STANDARD_HANDLER) {
    const message = "it is a Python function, which is not called: every RESULT counts as OK";
    options.warn("result_handler", message);
  }
  const { events: listed } = options.readAll({ events: shape.events }, names);
  const events = readEvents(options, listed);
  const isRedirected = options.readAs("boolean", "redirect_stderr", names) === true;
  if (isRedirected) {
    options.fail(
      "redirect_stderr",
      `[${section.name}] section sets redirect_stderr=true but this is not allowed because it will interfere with the eventlistener protocol`,
      { message: "must not be true: what an event listener writes to stdout are its answers" },
    );
  }
  const program = readProgram(reading, section, name, [name]);
  return {
    ...program,
    ...draft,
    events,
  };
}

function readEvents(options: Options, listed: readonly string[] | undefined): string[] {
  const { name: section } = options.section;
  const events = [...new Set(listed?.map((event) => event.toUpperCase()))];
  if (events.length === 0 && (listed || !options.has("events"))) {
    const expected = "at least one type of event";
    options.fail(
      options.has("events") ? "events" : undefined,
      `[${section}] section requires an "events" line`,
      { expected, message: "there are no events" },
    );
  }
  return events.filter((event) => {
    if (listenerEventNames.some((known) => known === event)) return true;
    const meant = nearest(event, listenerEventNames);
    const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
    const shown = options.shown("events", event);
    options.fail("events", `Unknown event type ${shown} in [${section}] events`, {
      expected: "types of events, separated by commas",
      message: `there is no type of event ${show(shown)}${hint}`,
    });
    return false;
  });
}
