/** Counts the requests, in Redis. */
import { once } from "node:events";
import { createServer } from "node:http";
import { createConnection } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const [redis, socket] = process.argv.slice(2);

async function ask(line) {
  const connection = createConnection(redis);
  await once(connection, "connect");
  connection.write(`${line}\r\n`);
  const [answer] = await once(connection, "data");
  connection.destroy();
  return String(answer).trim();
}

while ((await ask("PING").catch(() => "")) !== "+PONG") await pause(20);
console.log("redis says PONG");

const server = createServer((_, response) => {
  ask("INCR hits").then(
    (hits) => response.end(hits),
    () => response.writeHead(502).end(),
  );
});
server.listen(socket);
process.on("SIGTERM", () => {
  server.close(() => console.log("the counter has ended well"));
});
