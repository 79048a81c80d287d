// A MariaDB of its own for an application: its data in the application's folder, reachable by a socket there and nowhere
// else. It needs Debian's packages mariadb-server-core and mariadb-client-core, which bring no service.

import path from "node:path";
import { until } from "../until.mjs";
import { run, start } from "./app.mjs";

/// Debian's packages that it needs.
export const PACKAGES = ["mariadb-server-core", "mariadb-client-core"];

// Small files, since the data is copied for each run; no care for a machine that fails, since it is thrown away.
const SETTINGS = ["--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-buffer-pool-size=64M"];

const user = () => (process.getuid?.() === 0 ? ["--user=root"] : []);

/// Creates the data in `folder`/mariadb, with a database of that name.
export async function create({ folder, log }, database) {
  const data = path.join(folder, "mariadb");
  await run("mariadb-install-db", ["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=4M", ...user()]);
  const server = await open({ folder, log });
  await server.ask(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  await server.stop();
}

/// Starts it. Answers {socket, ask(sql), stop()}; its user is root, without a password.
export async function open({ folder, log }) {
  // The name of a socket may have 107 bytes.
  const socket = path.join(folder, "db.sock");
  const data = path.join(folder, "mariadb");
  const server = start(
    "mariadbd",
    ["--no-defaults", `--datadir=${data}`, `--socket=${socket}`, `--pid-file=${path.join(data, "pid")}`, "--skip-networking", "--skip-name-resolve", ...SETTINGS, ...user()],
    { log },
  );
  const ask = (sql) => run("mariadb", ["--no-defaults", `--socket=${socket}`, "--user=root", "--batch", "--raw", "--skip-column-names"], { input: sql });
  await until("an answer of MariaDB", async () => {
    if (server.ended()) throw new Error("MariaDB has ended; the log says why");
    return ask("SELECT 1").catch(() => null);
  });
  return { socket, ask, stop: () => server.stop() };
}
