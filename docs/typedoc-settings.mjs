// Gives the properties of the schemas in the API pages the words of the interfaces of the settings.
import { Converter, ReflectionKind } from "typedoc";

const INTERFACES = {
  supervisorSettings: "SupervisorSettings",
  groupSettings: "GroupSettings",
  programSettings: "ProgramSettings",
  activityLogSettings: "ActivityLogSettings",
  programs: "ProgramSettings", // in the schema of a supervisor
  groups: "GroupSettings",
};

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const interfaces = new Map(
      project.getReflectionsByKind(ReflectionKind.Interface).map((one) => [one.name, one]),
    );
    for (const property of project.getReflectionsByKind(ReflectionKind.Property)) {
      const literal = property.parent; // the schema's shape
      const words = interfaces.get(INTERFACES[literal?.parent?.name]);
      if (property.hasComment() || !literal?.kindOf(ReflectionKind.TypeLiteral)) continue;
      property.comment = words?.getChildByName([property.name])?.comment?.clone();
    }
  });
}
