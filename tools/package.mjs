// `make package`: a folder with everything that deploying needs and Rust does not, and the same as an archive.
//
//   build/package/headstart-VERSION/        the folder: the Worker's scripts, its wasm, a wrangler.toml, README, LICENSE
//   build/package/headstart-VERSION.tgz     the same, as npm packs it; `npm install` takes it
//   build/package/SHA256SUMS                what the archive must have; the folder has a list of its own
//
// The version is that of Cargo.toml. What is made twice from the same sources is the same, byte for byte.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { DOCUMENTS, manifest, readme, scripts, unlinked, wranglerToml } from "./package/contents.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TARGET = path.resolve(process.argv[2] ?? path.join(ROOT, "build/package"));

const read = (name) => readFileSync(path.join(ROOT, name), "utf8");
const version = read("Cargo.toml").match(/^\[workspace\.package\]\nversion = "(.+)"$/m)[1];
const wrangler = JSON.parse(read("package.json")).devDependencies.wrangler;

if (!existsSync(path.join(ROOT, "build/index_bg.wasm"))) stop("there is no build/; `make package` builds it first");

const name = `headstart-${version}`;
const folder = path.join(TARGET, name);
rmSync(folder, { recursive: true, force: true });

const write = (file, text) => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};
const copy = (from, to) => {
  mkdirSync(path.dirname(path.join(folder, to)), { recursive: true });
  copyFileSync(path.join(ROOT, from), path.join(folder, to));
};

// In the same places as in the project, since they import each other.
for (const script of scripts("worker.mjs", (name) => read(`src/edge/${name}`))) copy(`src/edge/${script}`, `worker/src/edge/${script}`);
for (const built of ["index.js", "index_bg.wasm"]) copy(`build/${built}`, `worker/build/${built}`);
copy("LICENSE", "LICENSE");
for (const document of DOCUMENTS) write(document, unlinked(read(document), document));
cpSync(path.join(ROOT, "tools/package/dev.vars.example"), path.join(folder, ".dev.vars.example"));
write("wrangler.toml", wranglerToml(read("wrangler.toml")));
write("package.json", `${JSON.stringify(manifest(version, wrangler), null, 2)}\n`);
write("README.md", readme(version));

const files = readdirSync(folder, { recursive: true }).filter((file) => statSync(path.join(folder, file)).isFile());
write("SHA256SUMS", sums(folder, files));

// Its lists are of what npm has packed, so that what is unpacked can be checked as well.
const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", TARGET], { cwd: folder, encoding: "utf8" }).trim();
const archive = `${name}.tgz`;
copyFileSync(path.join(TARGET, packed), path.join(TARGET, archive));
if (packed !== archive) rmSync(path.join(TARGET, packed));
writeFileSync(path.join(TARGET, "SHA256SUMS"), sums(TARGET, [archive]));
const bytes = statSync(path.join(TARGET, archive)).size;
console.log(`${path.relative(process.cwd(), folder) || "."}: ${files.length + 1} files; ${archive}: ${(bytes / 1e6).toFixed(2)} MB`);

/// The checksums of files, as `sha256sum --check` reads them.
function sums(where, files) {
  const sum = (file) => createHash("sha256").update(readFileSync(path.join(where, file))).digest("hex");
  return files.sort().map((file) => `${sum(file)}  ${file.split(path.sep).join("/")}\n`).join("");
}

function stop(text) {
  console.error(`package: ${text}`);
  process.exit(1);
}
