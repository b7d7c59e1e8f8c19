export { ActivityLog } from "./activity-log/activity-log.ts";
export { SupervisorError, type ErrorCode, type ErrorDetails } from "./errors.ts";
export { SettingsError, type SettingsIssue } from "./schema/settings-error.ts";
export type { BaseEvent } from "./events/base-event.ts";
export type { EventMap, SupervisorEvent, SupervisorEvents } from "./events/event-map.ts";
export type { EventName, EventType } from "./events/event-table.ts";
export type { ActivityLevel, LogLevel } from "./events/levels.ts";
export type {
  BackoffEvent,
  Ending,
  ExitedEvent,
  FatalEvent,
  ProcessCommunicationEvent,
  ProcessLogEvent,
  ProcessMessageEvent,
  ProcessStateEvent,
  RunningEvent,
  StartingEvent,
  StoppedEvent,
  StoppingEvent,
  UnknownEvent,
} from "./events/process-events.ts";
export type {
  ActivityEvent,
  GuardianEvent,
  LogfileFailedEvent,
  LogfileRecoveredEvent,
  ProcessGroupEvent,
  RemoteCommunicationEvent,
  SupervisorStateEvent,
  TickEvent,
} from "./events/supervisor-events.ts";
export { isRunning, isSignallable } from "./lifecycle/outcome.ts";
export type { Captures, StateName } from "./lifecycle/state.ts";
export type { ExitStatus, Signal, StartFailureCode, Survivor } from "./ports/signal.ts";
export type { ProcessInfo } from "./supervision/info.ts";
export { printLines, type PrintOptions } from "./print-lines.ts";
export type { NamedPrograms, Namespec } from "./namespec.ts";
export type { Program } from "./program.ts";
export {
  resolveSettings,
  type ResolvedProcess,
  type ResolvedSettings,
} from "./resolve-settings.ts";
export type { Selection } from "./selection.ts";
export type { Child, ChildEvents, Spawner, StartFailure } from "./ports/child.ts";
export type { Outputs, OutputStream } from "./ports/streams.ts";
export type { Answer, Probe, Prober, StatusRange } from "./ports/prober.ts";
export type { Command, SharedSocket } from "./ports/command.ts";
export type { Clock } from "./ports/clock.ts";
export {
  programSettings,
  type ProgramSettings,
  type ResolvedProgramSettings,
} from "./settings/program.ts";
export { supervisorSettings, type SupervisorSettings } from "./settings/supervisor.ts";
export { groupSettings, type GroupSettings } from "./settings/group.ts";
export { activityLogSettings, type ActivityLogSettings } from "./activity-log/options.ts";
export type { Pattern } from "./schema/pattern.ts";
export type { SignalSetting } from "./schema/signal.ts";
export type { Follow } from "./output/follow.ts";
export type { LinesOptions, OutputLine } from "./output/output-lines.ts";
export type { FollowOptions } from "./supervision/follow.ts";
export type { WaitOptions } from "./lifecycle/wait.ts";
export type { Subprocess } from "./subprocess.ts";
export { Supervisor } from "./supervisor.ts";
export type { SupervisorIo } from "./supervision/assemble.ts";
export type { Leftover } from "./supervision/lifetime.ts";
export type { UpdateOptions, UpdateResult } from "./supervision/update.ts";
