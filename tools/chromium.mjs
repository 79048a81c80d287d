// Finds Chromium and ChromeDriver for the browser tests, and installs Debian's packages where that is possible.
//
// Looked at in this order: CHROME and CHROMEDRIVER in the environment, the usual names on the PATH, and as root on
// Debian `apt-get install`. Prints a line for a shell that sets both; where a browser cannot be had, says what to
// install and fails.

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import path from "node:path";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const DRIVERS = ["chromedriver"];
const MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

function executable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath(names) {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  for (const name of names) {
    for (const folder of folders) {
      const file = path.join(folder, name);
      if (executable(file)) return file;
    }
  }
  return null;
}

function find() {
  const chrome = process.env.CHROME || onPath(BROWSERS) || (executable(MAC) ? MAC : null);
  const driver = process.env.CHROMEDRIVER || onPath(DRIVERS);
  return { chrome, driver };
}

function installOnDebian() {
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return;
  console.error("setup: installing Debian's packages chromium and chromium-driver system-wide (apt-get, a minute)");
  const options = { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  spawnSync("apt-get", ["update", "-qq"], options);
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium", "chromium-driver"], options);
}

let { chrome, driver } = find();
if (!chrome || !driver) {
  installOnDebian();
  ({ chrome, driver } = find());
}
const missing = [!chrome && "a Chromium", !driver && "its ChromeDriver"].filter(Boolean).join(" and ");
if (missing) {
  console.error(
    `setup: the browser tests need ${missing}. Install them (Debian: apt-get install chromium chromium-driver), or name them in CHROME and CHROMEDRIVER.`,
  );
  process.exit(1);
}
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
console.log(`export CHROME=${quoted(chrome)} CHROMEDRIVER=${quoted(driver)}`);
