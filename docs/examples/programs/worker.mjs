// A worker that has a little to do every second.
setInterval(() => console.log(`${process.env.SUPERVISOR_PROCESS_NAME}: done`), 1000);
