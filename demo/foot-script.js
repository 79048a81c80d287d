// Fills the foot of a page of the shop: how this view came, by Navigation Timing, and what the shop's own question found.
(() => {
  const list = document.getElementById("headstart");
  const say = (rows) =>
    list.replaceChildren(
      ...rows.flatMap(([term, ...parts]) => {
        const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
        dt.textContent = term;
        dd.append(...parts);
        return [dt, dd];
      }),
    );
  const strong = (text) => Object.assign(document.createElement("strong"), { textContent: text });
  const listed = (names) => (names.length === 0 ? "none" : [...new Set(names)].join(", "));

  const WHEN = { immediate: "at once", eager: "when pointed at", moderate: "when pointed at for a moment", conservative: "when pressed" };

  const KINDS = { preconnect: "connect to", "dns-prefetch": "look up", preload: "load early" };

  function view({ activationStart, deliveryType, responseStart }) {
    if (activationStart > 0) return ["prerendered", ": it was rendered before you came"];
    const after = `${Math.max(0, Math.round(responseStart))} ms`;
    if (deliveryType === "navigational-prefetch") return ["prefetched", `: it was asked for before you came, and was there ${after} after the click`];
    return ["plain", `: it was asked for when you came, and began to arrive ${after} later`];
  }

  const rulesText = (sets) =>
    sets.flatMap(({ kind, rules }) =>
      rules.map(({ action, eagerness, pages }) => (kind === "site" ? `any link ${WHEN[eagerness]}` : `${listed(pages)} ${WHEN[eagerness]}${action === "prerender" ? ", rendered" : ""}`)),
    );

  async function tell() {
    const [how, text] = view(performance.getEntriesByType("navigation")[0]);
    const rows = [["This view", strong(how), text]];
    list.dataset.view = how;
    say([...rows, ["Headers", "being looked at\u2026"]]);
    try {
      const answer = await fetch(`/foot.json?path=${encodeURIComponent(location.pathname + location.search)}`);
      const { hints, rules, deferred } = await answer.json();
      const of = ([rel, what]) => [what, hints.filter((hint) => hint.rel === rel).map(({ name }) => name)];
      const kinds = Object.entries(KINDS).map(of).filter(([, names]) => names.length > 0);
      rows.push(["Hints", kinds.length === 0 ? "none yet: come again in some seconds" : kinds.map(([what, names]) => `${what} ${listed(names)}`).join("; ")]);
      rows.push(["Fetched ahead", rules.length === 0 ? "nothing" : rulesText(rules).join("; ")]);
      const waited = [...deferred.cookies.map((name) => `the cookie ${name}`), ...(deferred.view ? ["the visit that is counted"] : [])];
      rows.push(["Deferred", how === "plain" ? "nothing: you asked yourself" : waited.length === 0 ? "nothing: the page sets and counts nothing" : `${waited.join(", ")}: done when you came`]);
    } catch {
      rows.push(["Headers", "not known: the page's policy, or the shop, does not let them be asked for"]);
    }
    say(rows);
    list.dataset.told = "yes";
  }

  if (document.prerendering) document.addEventListener("prerenderingchange", tell, { once: true });
  else tell();
})();
