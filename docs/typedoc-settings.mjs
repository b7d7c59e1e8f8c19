// Gives the settings in the API pages the words that docs/settings.md has: those of their schemas.
import { Comment, Converter, ReflectionKind } from "typedoc";
import {
  activityLogSettings,
  groupSettings,
  programSettings,
  supervisorSettings,
} from "../dist/index.js";
import { options } from "../dist/schema/option.js";

const schemas = [supervisorSettings, groupSettings, programSettings, activityLogSettings];

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const properties = project.getReflectionsByKind(ReflectionKind.Property);
    for (const parent of new Set(properties.map((property) => property.parent))) {
      describe(parent.children ?? []);
    }
  });
}

/** The properties of one type: if they are the settings of a section, all of them, they get words. */
function describe(properties) {
  const names = properties.map(({ name }) => name).toSorted();
  const isSection = ({ shape }) => String(Object.keys(shape).toSorted()) === String(names);
  const schema = schemas.find(isSection);
  for (const property of schema ? properties : []) {
    const summary = options.get(schema.shape[property.name])?.summary;
    if (summary && !property.hasComment()) {
      property.comment = new Comment([{ kind: "text", text: summary }]);
    }
  }
}
