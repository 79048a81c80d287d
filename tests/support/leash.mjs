// Runs a command in a process group of its own and ends the whole group when standard input closes, which happens
// however the test that holds its other end dies.
//
//   node leash.mjs COMMAND [ARGUMENT…]
//
// Anything written to standard input ends the group at once, as a machine that fails does.

import { spawn } from "node:child_process";

const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { detached: true, stdio: ["ignore", "inherit", "inherit"] });

function signal(name) {
  try {
    process.kill(-child.pid, name);
    return true;
  } catch {
    return false;
  }
}

async function end(code) {
  signal("SIGTERM");
  const deadline = Date.now() + 5000;
  while (signal(0) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  signal("SIGKILL");
  process.exit(code);
}

child.on("exit", (code) => end(code ?? 1));
child.on("error", (error) => {
  console.error(`leash: ${command}: ${error.message}`);
  process.exit(127);
});
process.stdin
  .on("data", () => {
    signal("SIGKILL");
    process.exit(0);
  })
  .on("end", () => end(0))
  .on("error", () => end(0));
for (const name of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(name, () => end(0));
