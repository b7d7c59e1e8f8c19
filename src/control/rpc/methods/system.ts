import { Fault } from "../faults.ts";
import type { Methods, Method } from "../method.ts";
import { byText } from "../names.ts";

/** The methods that describe methods. `multicall` stands with the table of all methods. */
export function systemMethods(table: () => ReadonlyMap<string, Method>): Methods {
  const method = (name: string) => {
    const found = table().get(name);
    if (!found) throw new Fault("SIGNATURE_UNSUPPORTED");
    return found;
  };
  return {
    listMethods: {
      signature: ["array"],
      help: "The names of all methods.",
      worksAfterShutdown: true,
      call: () => [...table().keys()].toSorted(byText),
    },
    methodHelp: {
      signature: ["string", "string"],
      help: "What a method does.",
      worksAfterShutdown: true,
      call: (_scope, name: string) => method(name).help,
    },
    methodSignature: {
      signature: ["array", "string"],
      help: "The type of a method's answer, and those of its parameters.",
      worksAfterShutdown: true,
      call: (_scope, name: string) => [...method(name).signature],
    },
  };
}
