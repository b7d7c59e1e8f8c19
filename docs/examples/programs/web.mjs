// A web server that greets. It chooses a free port and says which.
import { createServer } from "node:http";

const greeting = process.env.GREETING ?? "Hello";
const server = createServer((_request, response) => {
  response.end(`${greeting} from pid ${process.pid}\n`);
});
server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});

process.once("SIGTERM", () => process.exit(0));
