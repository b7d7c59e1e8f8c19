// One measurement in a process of its own: the numbers go to standard output.

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => process.exit(1)); // with its exit listeners, which end the children
}
const [file, options] = process.argv.slice(2);
const { measure } = await import(file);
process.stdout.write(JSON.stringify(await measure(JSON.parse(options))));
