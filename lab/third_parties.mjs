// The hosts of other people that the lab's sites use, each a server of its own, in TLS.

import { THIRD_PARTIES } from "./sites.mjs";
import { startSecure } from "./secure.mjs";

/// Starts one: {port, close()}. What it is asked for goes into the journal.
export function startThirdParty(host, journal) {
  return startSecure((request, response) => {
    const note = journal.request(host, request.url, request.headers);
    const { type, body } = THIRD_PARTIES[host][note.path] ?? {};
    note.status = body ? 200 : 404;
    const bytes = Buffer.from(body ?? "Nothing here.\n");
    note.bytes = bytes.length;
    response.writeHead(note.status, {
      "content-type": type ?? "text/plain",
      "access-control-allow-origin": "*",
      "timing-allow-origin": "*",
      "cache-control": "public, max-age=600",
    });
    response.end(bytes);
  });
}
