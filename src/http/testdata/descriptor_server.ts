import { HttpServer } from "../http_server.ts";
import { ANYBODY, ECHO } from "./serving.ts";

// Serves on the socket that it inherits as descriptor 3, as a service manager passes it, until it is told to end.
const server = new HttpServer({ handlers: [ECHO], authenticate: () => ANYBODY });
await server.listen({ target: { kind: "descriptor", descriptor: 3 } });
process.once("SIGTERM", () => void server.close({ grace: 0 }));
