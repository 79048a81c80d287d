// What is compared: how Headstart stands in front of the sites, run by run. Each run has a Worker of its own, and hosts of its
// own, so that nothing that one run learns or caches is another's.
//
//   title      what the tables call it
//   early      whether the front sends 103
//   variables  the Worker's variables; what none of the runs names has its default
//   needs      variables that the run is about: a build that does not know them, or does not take their values, does not offer it
//   where      variables that are set where the build knows them
//   preloads   whether pages must be seen to name preloads for the run to mean anything

/// The views of people who come for the first time. Rules for next pages are there as they are by default: they, too, are on
/// the line.
export const FIRST = {
  nothing: { title: "nothing", plain: true },
  hints: { title: "hints", where: { MAX_PRELOAD: 0 } },
  "hints-103": { title: "hints, with 103", early: true, variables: { EARLY_HINTS: "on" }, where: { MAX_PRELOAD: 0 } },
  preloads: { title: "preloads", needs: { MAX_PRELOAD: 2 }, preloads: true },
  "preloads-103": { title: "preloads, with 103", early: true, variables: { EARLY_HINTS: "on" }, needs: { MAX_PRELOAD: 2 }, preloads: true },
  edited: { title: "the picture's tag edited", needs: { LARGEST_PICTURE: "on" }, where: { MAX_PRELOAD: 0 } },
};

/// The pages that follow.
export const NEXT = {
  nothing: { title: "nothing", plain: true },
  conservative: { title: "conservative", variables: { EAGERNESS: "conservative", NEXT_PAGES: "off" } },
  moderate: { title: "moderate", variables: { EAGERNESS: "moderate", NEXT_PAGES: "off" } },
  auto: { title: "auto, the defaults", needs: { EAGERNESS: "auto" } },
  learned: { title: "learned", variables: { EAGERNESS: "conservative" } },
  prerendered: { title: "learned, prerendered", variables: { EAGERNESS: "conservative", PRERENDER: "on" } },
};

/// While Headstart learns: short waits, every view is read, and one visitor is enough. What is learned in days shows after seconds.
export const LEARN = { BATCH_SECONDS: 0, BATCH_VIEWS: 0, PUBLISH_SECONDS: 1, REFRESH_SECONDS: 1, LEARN_SAMPLE: 1, MIN_VISITORS: 1 };

/// While it is measured: as it is by default, but for the number of visitors. Else an isolate that reads every page, and the
/// learners, which here share its thread, would hold up the answer after.
const MEASURE = { MIN_VISITORS: LEARN.MIN_VISITORS };

/// The Worker's variables for a run, of which the build knows those with these names: {learning, measured}, for the two times;
/// or {missing} with the names of those that it does not know.
export function settings({ variables = {}, needs = {}, where = {} }, known) {
  const missing = Object.keys(needs).filter((name) => !known.includes(name));
  if (missing.length > 0) return { missing };
  const optional = Object.fromEntries(Object.entries(where).filter(([name]) => known.includes(name)));
  const own = { ...optional, ...variables, ...needs };
  return { learning: { ...LEARN, ...own }, measured: { ...MEASURE, ...own } };
}

/// The names of a run's needs that a Worker has logged as mistakes: it does not take their values.
export function mistaken({ needs = {} }, lines) {
  return Object.keys(needs).filter((name) => lines.some((line) => line.includes(`configuration: ${name} is "`)));
}

/// The names in a list that is separated by blanks or commas, of those that there are; all of them where it is empty.
export function chosen(list, all, what) {
  const names = (list ?? "").split(/[\s,]+/).filter(Boolean);
  for (const name of names) if (!all.includes(name)) throw new Error(`${what} "${name}" is none of ${all.join(", ")}`);
  return names.length === 0 ? all : all.filter((name) => names.includes(name));
}
