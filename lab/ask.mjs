// Asks a Worker as a browser does that stands right beside it: no long line, no front.

import https from "node:https";

const agent = new https.Agent({ keepAlive: true, maxSockets: 32, rejectUnauthorized: false });

/// How long an answer may take, in milliseconds.
const ANSWER_MS = 60_000;

/// What browsers say of a navigation, and who they are.
export const NAVIGATION = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-user": "?1" };
const BROWSER = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36", accept: "text/html" };

/// The answer of the Worker on a port for a host and a path: {status, headers, text}. A connection that was kept open may be closed
/// by the other side while the question is on its way; then it is asked once more.
export async function ask(port, host, path, fields = {}) {
  try {
    return await askOnce(port, host, path, fields);
  } catch (error) {
    if (error.code !== "ECONNRESET") throw error;
    return askOnce(port, host, path, fields);
  }
}

function askOnce(port, host, path, fields) {
  return new Promise((resolve, reject) => {
    const headers = { host, ...BROWSER, ...fields };
    const request = https.request({ host: "127.0.0.1", port, servername: host, path, headers, agent, timeout: ANSWER_MS }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part)).on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(parts).toString() }));
    });
    request.on("timeout", () => request.destroy(new Error(`no answer in ${ANSWER_MS / 1000} s: ${host}${path}`))).on("error", reject).end();
  });
}

/// Closes what is kept open for the next question.
export const hangUp = () => agent.destroy();
