// What the answers to three visits and one marked request tell of whether the marked one was counted. Pure.

/// The most numbers of a page that are looked at.
const MAX_NUMBERS = 20_000;

/// What follows, for whoever runs the site.
const WHY = {
  heeds: "it leaves a speculation uncounted: EFFECT_PATHS has the visit counted at activation",
  counts: "it counts a speculation as a visit: EFFECT_PATHS_REFUSED keeps speculations from it",
  sets: "a speculation is set the same cookies as a visit, which Headstart defers; no counter shows on it",
  unknown: "no counter shows on it; if it counts where nobody sees it, look there while you ask for it",
  failed: "it does not answer 200, so there is nothing to compare",
};

/// The numbers of a page, in order, and what stands around them.
function numbers(text) {
  const found = text.match(/\d+/g) ?? [];
  return { shape: text.replace(/\d+/g, "0"), found: found.slice(0, MAX_NUMBERS).map(Number) };
}

/// By how much the third visit's counter is above the second's, where one is seen: a number that is one more at the second visit
/// than at the first, and has grown since. Undefined where there is none.
function grown({ first, second, third }) {
  const [one, two, three] = [first, second, third].map(({ text }) => numbers(text));
  if (one.shape !== two.shape || two.shape !== three.shape) return counterByWords(first, second, third);
  const at = one.found.findIndex((number, at) => two.found[at] === number + 1 && three.found[at] > two.found[at]);
  return at < 0 ? undefined : three.found[at] - two.found[at];
}

/// The same for pages that differ in more than their numbers: lines that all three have, but for a number.
function counterByWords(...visits) {
  const [one, two, three] = visits.map(({ text }) => new Map(text.split("\n").map((line) => [line.replace(/\d+/g, "0"), line])));
  for (const [shape, line] of one) {
    const lines = [line, two.get(shape), three.get(shape)];
    if (lines.includes(undefined) || shape === line) continue;
    const step = grown(Object.fromEntries(["first", "second", "third"].map((name, at) => [name, { text: lines[at] }])));
    if (step !== undefined) return step;
  }
  return undefined;
}

/// What is told of a page: `heeds`, `counts` or `unknown`, and what follows.
export function judge(answers) {
  const told = (verdict, why = WHY[verdict]) => ({ verdict, why });
  if (Object.values(answers).some(({ status }) => status !== 200)) return told("unknown", WHY.failed);
  const step = grown(answers);
  if (step === 1) return told("heeds");
  if (step === 2) return told("counts");
  const { second, marked } = answers;
  const isSet = marked.cookies.length > 0 && second.cookies.join() === marked.cookies.join();
  return told("unknown", isSet ? WHY.sets : WHY.unknown);
}
