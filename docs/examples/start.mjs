// `npm start` is the tour; `npm start -- -c FILE` runs a supervisord.conf.
await import(process.argv.length > 2 ? "../../dist/cli/main.js" : "./tour.mjs");
