import type { Subprocess } from "../../index.ts";
import type { RpcValue } from "./codec.ts";
import { Fault, FAULTS } from "./faults.ts";

/** The outcome of an action for one of several processes. */
export interface Result {
  readonly [member: string]: RpcValue;
  readonly name: string;
  readonly group: string;
  readonly status: number;
  readonly description: string;
}

/** An action on a process; `name` is its name in faults. @throws {Fault} */
export type Act = (process: Subprocess, name: string) => void | Promise<void>;

/** Begins the action for all processes at once. The results are in the order in which they came. */
export async function each(processes: readonly Subprocess[], act: Act): Promise<Result[]> {
  const results: Result[] = [];
  const work = processes.map(async (process) => {
    const { name, group } = process;
    const result = (status: number, description: string) =>
      results.push({ name, group, status, description });
    try {
      await act(process, process.namespec);
      result(FAULTS.SUCCESS, "OK");
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      result(error.faultCode, error.faultString);
    }
  });
  await Promise.all(work);
  return results;
}
