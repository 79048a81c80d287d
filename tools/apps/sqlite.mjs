// The rows of an SQLite database, for applications without a program of their own that tells them.

import { run } from "./app.mjs";

/// A database that the application has locked is waited for this long, in milliseconds.
const LOCKED_MS = 10_000;

/// Every row of every table, in the order in which they were added. `leaveOut` says of a table's name whether it is no
/// state, and `plain(value, column, table)` makes a text comparable from one run to the next.
export async function tables(file, { leaveOut = () => false, plain = (value) => value } = {}) {
  const ask = async (sql) => JSON.parse((await run("sqlite3", ["-json", "-cmd", `.timeout ${LOCKED_MS}`, file, sql])) || "[]");
  const found = await ask("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
  const told = {};
  for (const { name, sql } of found.filter((each) => !leaveOut(each.name))) {
    const order = /WITHOUT\s+ROWID/i.test(sql) ? "" : "ORDER BY rowid";
    const rows = await ask(`SELECT * FROM "${name}" ${order}`);
    const same = ([column, value]) => [column, typeof value === "string" ? plain(value, column, name) : value];
    told[name] = rows.map((row) => Object.fromEntries(Object.entries(row).map(same)));
  }
  return told;
}
