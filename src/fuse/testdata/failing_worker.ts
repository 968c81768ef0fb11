import { serveInWorker } from "../session_worker.ts";

serveInWorker(() => {
  throw new Error("no file system today");
});
