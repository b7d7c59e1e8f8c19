export { ActivityLog } from "./activity-log/activity-log.ts";
export {
  SettingsError,
  SupervisorError,
  type ErrorCode,
  type ErrorDetails,
  type SettingsIssue,
} from "./errors.ts";
export type {
  ActivityEvent,
  ActivityLevel,
  BackoffEvent,
  BaseEvent,
  Ending,
  EventMap,
  EventName,
  EventType,
  ExitedEvent,
  FatalEvent,
  GuardianEvent,
  LogfileFailedEvent,
  LogfileRecoveredEvent,
  ProcessCommunicationEvent,
  ProcessGroupEvent,
  ProcessLogEvent,
  ProcessStateEvent,
  RemoteCommunicationEvent,
  RunningEvent,
  StartingEvent,
  StoppedEvent,
  StoppingEvent,
  SupervisorEvent,
  SupervisorEvents,
  SupervisorStateEvent,
  TickEvent,
  UnknownEvent,
} from "./events/event-map.ts";
export type {
  ExitStatus,
  Signal,
  StartFailureCode,
  StateName,
  Survivor,
} from "./lifecycle/table.ts";
export type { ProcessInfo } from "./supervision/info.ts";
export type { Program } from "./program.ts";
export type {
  Child,
  ChildEvents,
  Clock,
  Command,
  SharedSocket,
  Outputs,
  OutputStream,
  Spawner,
  StartFailure,
} from "./ports/child.ts";
export {
  activityLogSettings,
  groupSettings,
  programSettings,
  supervisorSettings,
  type ActivityLogSettings,
  type GroupSettings,
  type LogLevel,
  type ProgramSettings,
  type ResolvedProgramSettings,
  type SignalSetting,
  type SupervisorSettings,
} from "./settings/program.ts";
export type { Follow, Subprocess, WaitOptions } from "./subprocess.ts";
export { Supervisor, type Leftover, type SupervisorIo, type UpdateOptions } from "./supervisor.ts";
export type { UpdateResult } from "./supervision/update.ts";
