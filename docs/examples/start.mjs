// `npm start` is the demo; `npm start -- -c FILE` runs a supervisord.conf.
await import(process.argv.length > 2 ? "../../dist/cli/main.js" : "./demo.mjs");
