// The saved pages of a folder, whatever their files are called.
//
// A name may be too long for a URL, have a colon, `#`, `?` or `%` in it, or be no text at all. So pages are numbered, and
// a number is all that is seen of them by the browser and the learner. Names are for people.

import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

/// Reads the pages that lie in `folder` itself, in the order of their names: { name, file, bytes }, or { name, file, why }
/// for one that cannot be read. `file` is what it is called from here on. Directories are passed over.
export function readPages(folder) {
  const names = readdirSync(folder, { encoding: "buffer" }).filter((name) => /\.html?$/i.test(name.toString("latin1")));
  const pages = names.sort(Buffer.compare).map((name) => ({ name: name.toString(), ...read(folder, name) }));
  return pages.filter(({ isFolder }) => !isFolder).map((page, at) => ({ ...page, file: `${at + 1}.html` }));
}

function read(folder, name) {
  const file = Buffer.concat([Buffer.from(folder + path.sep), name]);
  try {
    const kind = statSync(file);
    if (kind.isDirectory()) return { isFolder: true };
    // To read a pipe could take for ever.
    return kind.isFile() ? { bytes: readFileSync(file) } : { why: "it is no ordinary file" };
  } catch (error) {
    // Behind the comma stands the path.
    return { why: error.message.split(",")[0] };
  }
}
