// The demo shop behind Headstart, for those who take pictures of it: started, and asked as browsers ask.

import { spawn } from "node:child_process";
import http from "node:http";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/// What browsers say of a navigation.
const NAVIGATION = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-user": "?1" };

/// Starts `make dev`'s own script on a port, with rules that let a browser prefetch what is pointed at, and more variables. Answers
/// with its process, which ends with this one.
export async function startShop(port, variables = {}) {
  const env = { ...process.env, PORT: String(port), EAGERNESS: "moderate", ...variables };
  delete env.ORIGIN;
  const dev = spawn("node", ["tools/dev.mjs"], { cwd: ROOT, env, stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => dev.kill("SIGTERM"));
  await new Promise((resolve, reject) => {
    let said = "";
    dev.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
      if (said.includes("Headstart ready")) resolve();
    });
    dev.once("exit", () => reject(new Error("the demo shop has ended; its lines above say why")));
  });
  return dev;
}

/// Asks as a browser does: `Sec-` fields and `Referer` as well, which fetch would write itself. Answers with the header fields.
export function ask(url, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { headers }, (response) => {
      response.resume().on("end", () => resolve(response.headers)).on("error", reject);
    });
    request.on("error", reject);
  });
}

/// Has a visitor without a session, with an address of their own, go from one page of a site to another.
export async function goFrom(site, from, to, visitor, fields = {}) {
  const one = { ...NAVIGATION, "cf-connecting-ip": `198.51.100.${visitor}`, ...fields };
  await ask(`${site}${from}`, { ...one, "sec-fetch-site": "none" });
  await ask(`${site}${to}`, { ...one, "sec-fetch-site": "same-origin", referer: `${site}${from}` });
}
