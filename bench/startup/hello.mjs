// Builds the Worker that says hello, with the tools, the profile and the versions that Headstart is built with.

import { cpSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../../tools/build.mjs";

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/// Builds it in a folder, unless it is there, and says where its index.js and index_bg.wasm are.
export function buildHello(folder) {
  const built = path.join(folder, "build");
  if (existsSync(path.join(built, "index_bg.wasm"))) return built;
  mkdirSync(folder, { recursive: true });
  cpSync(file("hello"), folder, { recursive: true });
  // The same versions of what both use; cargo takes the rest out.
  cpSync(file("../../Cargo.lock"), path.join(folder, "Cargo.lock"));
  console.error("bench: building a Worker that says hello (a minute)");
  if (!build(folder)) throw new Error("the Worker that says hello could not be built");
  return built;
}
