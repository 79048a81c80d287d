// The switches that are set without a deploy (src/switches.rs): read from KV in the background, about once a minute, and handed to
// wasm, which says what they mean for a page. What is off altogether is decided here, by `MODE` or by the record, so that it is
// off also where wasm does nothing right any more.

import { sameWords } from "./host.js";
import { isDue, pathAt } from "./kept_decisions.js";
import { within } from "./platform.js";

/// The key of the record: KEY in src/switches.rs.
const KEY = "switches";

/// How old the record may grow at the most, in milliseconds: a switch is to be taken within a minute, by the next request. And how long
/// the platform may keep what it has read of KV, in seconds: the least that it takes.
const MAX_AGE_MS = 55_000;
const CACHE_SECONDS = 30;

/// How long KV may take, in milliseconds.
const READ_MS = 5_000;

/// The longest record: MAX_BYTES in src/switches/record.rs.
const MAX_LENGTH = 32_768;

// When the record is read next, and what was read last: null where there is none.
let next = 0;
let last;

// Which sites are off, where any is: `all` for those that are not among `sites`.
let off;

// The last failure that was logged.
let logged;

const isWord = (value, word) => typeof value === "string" && value.trim().toLowerCase() === word;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/// Which sites a record says are off; undefined for what is no record.
export function offBy(text) {
  if (text === null) return { all: false, sites: new Map() };
  if (/^\s*(on|shadow|off)\s*$/i.test(text)) return { all: isWord(text, "off"), sites: new Map() };
  try {
    const record = JSON.parse(text);
    if (!isObject(record)) return undefined;
    const all = isWord(record.mode, "off");
    const sites = Object.entries(isObject(record.sites) ? record.sites : {});
    const said = sites.filter(([, site]) => isObject(site) && site.mode !== undefined);
    return { all, sites: new Map(said.map(([name, { mode }]) => [name.toLowerCase(), isWord(mode, "off")])) };
  } catch {
    return undefined;
  }
}

/// Says whose fault it is (Blame in src/fault.rs) and what is wrong, once for as long as nothing else is: why may differ each time by a
/// word with a digit, such as a reference of the platform's.
function log(blame, what, why = "") {
  const same = what + sameWords(why);
  if (same !== logged) console.warn(`Headstart: ${blame}: ${what}${why}`);
  logged = same;
}

/// Takes a record over. `tell` hands it to wasm and answers whether that understands it; undefined where there is no wasm. What is
/// not understood is not used, but for the word that all is off.
export function take(text, tell) {
  if (text === last) return;
  if (text?.length > MAX_LENGTH) {
    log("configuration", `the switches (the value "${KEY}" in KV) have ${text.length} characters, more than the ${MAX_LENGTH} allowed, so the last ones hold`);
    return;
  }
  last = text;
  const said = offBy(text);
  let isUnderstood;
  try {
    isUnderstood = tell(text);
  } catch (failure) {
    // The next instance of wasm is to be told.
    last = undefined;
    log("internal", "the switches cannot be handed on", `: ${failure}`);
  }
  if (isUnderstood === undefined && said === undefined) {
    log("configuration", `the switches (the value "${KEY}" in KV) are not understood, so the last ones hold`);
  }
  if (said === undefined || (isUnderstood === false && !said.all)) return;
  off = said.all || [...said.sites.values()].includes(true) ? said : undefined;
}

/// Whether Headstart is off for a request's site altogether.
export function isOff({ url }, { MODE }) {
  // Mostly it is that word, on each request.
  if (MODE !== "on" && isWord(MODE, "off")) return true;
  if (off === undefined) return false;
  return off.sites.get(url.slice(url.indexOf("//") + 2, pathAt(url))) ?? off.all;
}

/// The record as it stands in KV; null where there is none. Fails where KV does, or takes too long.
async function read(model) {
  const text = await within(model.get(KEY, { cacheTtl: CACHE_SECONDS }), READ_MS);
  if (text === undefined) throw new Error(`no answer within ${READ_MS / 1000} seconds`);
  return text;
}

/// Reads the record, if it is time, while the request goes on. `tell` is as above.
export function refresh({ MODE, MODEL, REFRESH_SECONDS }, context, tell) {
  const now = Date.now();
  if (!isDue(next, MAX_AGE_MS, now) || MODEL === undefined || isWord(MODE, "off")) return;
  const wanted = Number(REFRESH_SECONDS) * 1000;
  next = now + (wanted > 0 && wanted < MAX_AGE_MS ? wanted : MAX_AGE_MS);
  context.waitUntil(
    read(MODEL).then(
      (text) => take(text, tell),
      (failure) => log("platform", "the switches cannot be read from KV, so the last ones hold", `: ${failure}`),
    ),
  );
}
