// Serves the built page as a plain static host would: read only, under a path, nothing rewritten.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Where `make build` leaves the page. */
export const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * Serves `folder` under `path`, on a free port of this machine.
 * Answers `{ url, close }`; whatever is not under the path is not found, as on a shared host.
 */
export async function serveSite({ folder = DIST, path = "/some/path/" } = {}) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const file = fileFor(folder, path, decodeURIComponent(pathname));
    const body = file && (await readFile(file).catch(() => null));
    if (!body) {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found");
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(body);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}${path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

function fileFor(folder, path, pathname) {
  if (!pathname.startsWith(path)) return null;
  const file = normalize(join(folder, pathname.slice(path.length) || "index.html"));
  return file.startsWith(normalize(folder + sep)) ? file : null;
}
