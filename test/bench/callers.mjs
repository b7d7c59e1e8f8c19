/** Calls a control server: a thousand times a second, with open tails, slow readers and half requests. */
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { quantile } from "./helpers.mjs";

const [socketPath, seconds] = process.argv.slice(2);
const BODY =
  "<?xml version='1.0'?><methodCall><methodName>supervisor.getAllProcessInfo</methodName><params></params></methodCall>";
const RATE = 1000;
const TURN_MS = 5;
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const sockets = [];

for (let i = 0; i < 200; i++) {
  const socket = connect(socketPath);
  socket.on("error", () => {});
  socket.write("GET /logtail/writer HTTP/1.1\r\nHost: localhost\r\n\r\n");
  if (i < 150) socket.resume(); // the others never read
  sockets.push(socket);
}
for (let i = 0; i < 100; i++) {
  const socket = connect(socketPath);
  socket.on("error", () => {});
  socket.write("POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Le");
  sockets.push(socket);
}

const took = [];
const open = new Set();
function call() {
  const begun = performance.now();
  const sent = request(
    { socketPath, path: "/RPC2", method: "POST", agent, headers: { "Content-Type": "text/xml" } },
    (response) => {
      if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
      response.resume().on("end", () => {
        open.delete(sent);
        took.push(performance.now() - begun);
      });
    },
  );
  open.add(sent);
  sent.end(BODY);
}

const begun = performance.now();
const end = begun + Number(seconds) * 1000;
for (let due = 0; performance.now() < end;) {
  due = ((performance.now() - begun) / 1000) * RATE;
  for (let sent = took.length + open.size; sent < due && open.size < 200; sent++) call();
  await wait(TURN_MS);
}
const rate = took.length / ((performance.now() - begun) / 1000);
while (open.size > 0) await wait(TURN_MS);
process.send({ rate, p99: quantile(took, 0.99) });
process.disconnect();
agent.destroy();
for (const socket of sockets) socket.destroy();
