/** Windows has neither signals nor process groups, modes, FIFOs or /proc. */
export const isWindows = process.platform === "win32";
