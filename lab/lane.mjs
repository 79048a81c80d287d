// A visitor's whole world: a browser, the long line in front of it, the front and the third parties at the other end. Several
// lanes stand side by side, and share nothing but the Workers and the origin.

import { startFront } from "./front.mjs";
import { Journal } from "./journal.mjs";
import { Network } from "./network.mjs";
import { TRUST } from "./secure.mjs";
import { THIRD_PARTIES } from "./sites.mjs";
import { startThirdParty } from "./third_parties.mjs";

/// The visitor's line, in megabits a second.
const SPEED = { down: 20, up: 5 };

/// Starts the servers of a lane. `behind` is as `startFront` takes it.
///
/// Answers {network, journal, switches, close()}; `switches` are those of a Chromium that lives in this lane: every host of
/// the lab leads to it, and no other leads anywhere.
export async function startLane(behind) {
  const journal = new Journal();
  const network = new Network(SPEED);
  const front = await startFront({ behind, journal });
  const servers = [front];
  const rules = [];
  for (const host of Object.keys(THIRD_PARTIES)) {
    const server = await startThirdParty(host, journal);
    servers.push(server);
    rules.push(`MAP ${host}:443 127.0.0.1:${await network.entrance(server.port, () => journal.socket(host))}`);
  }
  rules.push(`MAP *.example:443 127.0.0.1:${await network.entrance(front.port)}`, "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1");
  const close = () => {
    network.close();
    for (const server of servers) server.close();
  };
  return { network, journal, switches: [`--host-resolver-rules=${rules.join(", ")}`, TRUST, "--force-effective-connection-type=4G"], close };
}
