// What the answers to four visits and three marked requests tell of whether the marked ones were counted. Pure.
//
// They come in this order: visit, visit, marked, visit, marked, marked, visit. A counter that leaves marked requests out goes
// up by one from visit to visit; one that counts them, by one, two and three. What else goes up (a clock, a number of requests
// that others make as well) has other steps.

/// The most numbers of a page that are looked at.
const MAX_NUMBERS = 20_000;

/// The steps of a counter between the visits.
const STEPS = { heeds: [1, 1, 1], counts: [1, 2, 3] };

/// What follows, for whoever runs the site.
const WHY = {
  heeds: "it leaves a speculation uncounted: EFFECT_PATHS has the visit counted at activation",
  counts: "it counts a speculation as a visit: EFFECT_PATHS_REFUSED keeps speculations from it",
  sets: "a speculation is set the same cookies as a visit, which Headstart defers; no counter shows on it",
  unknown: "no counter shows on it; if it counts where nobody sees it, look there while you ask for it",
  failed: "it does not answer 200, so there is nothing to compare",
};

const numbers = (text) => (text.match(/\d+/g) ?? []).slice(0, MAX_NUMBERS).map(Number);
const shape = (text) => text.replace(/\d+/g, "0");

/// What the numbers of texts tell that are the same but for these: `heeds`, `counts` or undefined.
function told(texts) {
  const [first, ...later] = texts.map(numbers);
  const steps = first.map((number, at) => later.map((numbers, visit) => numbers[at] - (visit === 0 ? number : later[visit - 1][at])));
  const has = (verdict) => steps.some((step) => step.join() === STEPS[verdict].join());
  // One that counts outweighs: another counter of the page may be fed by scripts.
  return has("counts") ? "counts" : has("heeds") ? "heeds" : undefined;
}

/// The same for pages, which may differ in more than their numbers: then their lines are compared, but for those.
function toldByPages(texts) {
  const [first, ...others] = texts.map((text) => new Map(text.split("\n").map((line) => [shape(line), line])));
  const found = [...first].map(([line, text]) => {
    const lines = [text, ...others.map((other) => other.get(line))];
    return lines.includes(undefined) ? undefined : told(lines);
  });
  return found.find((verdict) => verdict === "counts") ?? found.find(Boolean);
}

/// What is told of a page by its visits and the marked requests: `heeds`, `counts` or `unknown`, and what follows.
export function judge({ visits, marked }) {
  const say = (verdict, why = WHY[verdict]) => ({ verdict, why });
  if ([...visits, ...marked].some(({ status }) => status !== 200)) return say("unknown", WHY.failed);
  const verdict = toldByPages(visits.map(({ text }) => text));
  if (verdict) return say(verdict);
  const isSet = marked[0].cookies.length > 0 && visits[1].cookies.join() === marked[0].cookies.join();
  return say("unknown", isSet ? WHY.sets : WHY.unknown);
}
