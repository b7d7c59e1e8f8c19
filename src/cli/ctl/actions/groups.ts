import { isFault } from "../api.ts";
import type { Api } from "../api.ts";
import { FAULTS } from "../../../control/index.ts";
import { availLine, changeLines } from "../render.ts";
import type { Session } from "../session.ts";
import { rejectsArgument, wordsOf } from "./action.ts";
import type { Action } from "./action.ts";

export const avail: Action = {
  help: ["avail\t\t\tShow each process of the configuration"],
  async run(session, argument) {
    if (rejectsArgument(session, avail, "avail", argument)) return;
    try {
      for (const config of await session.connect().getAllConfigInfo())
        session.print(availLine(config));
    } catch (error) {
      if (!isFault(error, "SHUTDOWN_STATE")) throw error;
      session.fail("ERROR: supervisor shutting down");
    }
  },
};

export const reread: Action = {
  help: ["reread \t\t\tRead the configuration again and show what differs; nothing is applied"],
  async run(session, argument) {
    if (rejectsArgument(session, reread, "reread", argument)) return;
    try {
      const changes = await session.connect().reloadConfig();
      for (const line of changeLines(...changes)) session.print(line);
    } catch (error) {
      if (isFault(error, "SHUTDOWN_STATE")) session.fail("ERROR: supervisor shutting down");
      else if (isFault(error, "CANT_REREAD")) session.fail(`ERROR: ${error.message}`);
      else throw error;
    }
  },
};

export const add: Action = {
  help: ["add <name> [...]\tAdd a group of the configuration that was read last"],
  async run(session, argument) {
    const api = session.connect();
    for (const name of wordsOf(argument)) {
      try {
        await api.call("addProcessGroup", name);
        session.print(`${name}: added process group`);
      } catch (error) {
        if (isFault(error, "SHUTDOWN_STATE")) session.fail("ERROR: shutting down");
        else if (isFault(error, "ALREADY_ADDED"))
          session.print("ERROR: process group already active");
        else if (isFault(error, "BAD_NAME")) session.fail(`ERROR: no such process/group: ${name}`);
        else throw error;
      }
    }
  },
};

export const remove: Action = {
  help: ["remove <name> [...]\tRemove a group that has been stopped"],
  async run(session, argument) {
    const api = session.connect();
    for (const name of wordsOf(argument)) {
      try {
        await api.call("removeProcessGroup", name);
        session.print(`${name}: removed process group`);
      } catch (error) {
        if (isFault(error, "STILL_RUNNING"))
          session.fail(`ERROR: process/group still running: ${name}`);
        else if (isFault(error, "BAD_NAME")) session.fail(`ERROR: no such process/group: ${name}`);
        else throw error;
      }
    }
  },
};

export const update: Action = {
  help: [
    "update\t\t\tRead the configuration again and apply it; changed groups are restarted",
    "update all\t\tThe same",
    "update <gname> [...]\tThe same for these groups alone",
  ],
  async run(session, argument) {
    const api = session.connect();
    let changes;
    try {
      changes = await api.reloadConfig();
    } catch (error) {
      if (!isFault(error, "SHUTDOWN_STATE")) throw error;
      session.fail("ERROR: already shutting down");
      return;
    }
    const [added, changed, removed] = changes;
    const named = new Set(wordsOf(argument));
    if (named.has("all")) named.clear();
    if (named.size > 0) await refuseUnknown(session, api, named, added);
    const isMeant = (group: string) => named.size === 0 || named.has(group);
    for (const group of removed.filter(isMeant)) await drop(session, api, group);
    for (const group of changed.filter(isMeant)) await replace(session, api, group);
    for (const group of added.filter(isMeant)) {
      await api.call("addProcessGroup", group);
      session.print(`${group}: added process group`);
    }
  },
};

async function refuseUnknown(
  session: Session,
  api: Api,
  named: ReadonlySet<string>,
  added: readonly string[],
): Promise<void> {
  const infos = await api.getAllProcessInfo();
  const known = new Set([...infos.map(({ group }) => group), ...added]);
  for (const group of named) if (!known.has(group)) session.fail(`ERROR: no such group: ${group}`);
}

async function drop(session: Session, api: Api, group: string): Promise<void> {
  const results = await api.results("stopProcessGroup", group);
  session.print(`${group}: stopped`);
  if (results.some(({ status }) => status === FAULTS.FAILED)) {
    session.fail(`${group}: has problems; not removing`);
    return;
  }
  await api.call("removeProcessGroup", group);
  session.print(`${group}: removed process group`);
}

async function replace(session: Session, api: Api, group: string): Promise<void> {
  await api.results("stopProcessGroup", group);
  session.print(`${group}: stopped`);
  await api.call("removeProcessGroup", group);
  await api.call("addProcessGroup", group);
  session.print(`${group}: updated process group`);
}
