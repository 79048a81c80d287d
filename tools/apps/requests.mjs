// Which requests at the application are visits, and which were only guesses.

const ASSETS = new Set(["style", "script", "image", "font", "track", "video", "audio", "manifest", "speculationrules"]);

/// Takes the requests that the witness saw during a flow, and the pages that the visitor was shown. Answers
/// {requests, speculative, used}: lines "METHOD /path" of what counts as visited (pages and what they fetch, but no styles,
/// scripts and pictures), with "(no browser)" where its marks are missing, and the speculative requests, of which `used`
/// became visits.
export function sorted(entries, visits, origin) {
  const pages = entries.filter(({ dest }) => !ASSETS.has(dest));
  const used = new Set();
  const address = ({ path }) => new URL(path, origin).href;
  for (const { url, how, at } of visits) {
    if (how !== "prefetch" && how !== "prerender") continue;
    const page = url.split("#")[0];
    const candidates = pages.filter((entry) => entry.purpose && entry.at <= at && !used.has(entry) && address(entry) === page);
    const last = candidates.findLast(({ status }) => status < 500);
    if (!last) continue;
    used.add(last);
    led(last, pages, address).forEach((entry) => used.add(entry));
    // What the page itself fetched while it was rendered; the pages that it has loaded ahead since are guesses again.
    const own = ({ purpose, referer, dest, at }) => purpose?.includes("prerender") && dest !== "document" && referer === page && at >= last.at;
    if (how === "prerender") pages.filter(own).forEach((entry) => used.add(entry));
  }
  const line = ({ method, path, dest, site }) => `${method} ${path}${dest || site ? "" : " (no browser)"}`;
  const speculative = pages.filter(({ purpose }) => purpose);
  return {
    requests: pages.filter((entry) => !entry.purpose || used.has(entry)).map(line),
    speculative: speculative.map((entry) => `${line(entry)} ${entry.status} ${entry.purpose}`),
    used: used.size,
  };
}

/// The speculative requests whose redirects led to this one.
function led(entry, pages, address) {
  const before = pages.findLast(
    (other) => other.purpose && other.at <= entry.at && other !== entry && other.location && new URL(other.location, address(other)).href === address(entry),
  );
  return before ? [before, ...led(before, pages.slice(0, pages.indexOf(before)), address)] : [];
}
