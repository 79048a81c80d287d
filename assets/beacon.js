// Tells Headstart how this view went: how fast the page was there, the picture that was largest, the parts that rendering waited for,
// which of them were preloaded, the faces of fonts in use, and the third-party origins. No cookie, no identifier, and of the page's
// address the path alone.
// What is served is assets/beacon.min.js, which tests/js/beacon.test.mjs holds to this; src/learn/beacon.rs reads what it sends.
{
  const d = document, me = d.currentScript, all = (type) => performance.getEntriesByType(type), later = () => setTimeout(look, 3e3, 1);
  // What this entry says of an activation is up to date whenever it is asked.
  const navigation = all("navigation")[0] || {}, cut = (all, most) => all.slice(0, most);
  // A browser that cannot see shifts does not know that there are none.
  let lcp = {}, inp, cls = self.LayoutShift && 0, sum = 0, first = 0, last = 0, found, body;
  const watch = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().map(take)).observe({ type, buffered: 1, durationThreshold: 40 });
  // A stylesheet, and those that it imports, as far as the browser lets them be seen.
  const sheets = (sheet) => {
    try {
      return [sheet, ...cut([...sheet.cssRules], 20).flatMap((rule) => sheets(rule.styleSheet))];
    } catch {
      // One that may not be read, a rule that imports none, or no stylesheet.
      return [sheet || 0];
    }
  };
  const look = (isLater) => {
    const origins = {}, sought = [], ahead = [], late = [], faces = [...d.fonts].filter((face) => face.status == "loaded");
    const users = [lcp, ...d.styleSheets, ...d.scripts, ...d.images].flatMap(sheets);
    const used = users.map((user) => user.url || user.href || user.currentSrc || user.src);
    // No entry says which font is used: only that there are more of them than faces in use. And where another origin's stylesheet
    // names a font, there may be no entry.
    let fonts = -faces.length, silent = 0;
    for (const { name, initiatorType: by, startTime, connectStart, connectEnd, responseEnd, renderBlockingStatus } of all("resource"))
      if (name[0] == "h" && by != "beacon") {
        // "blocking" or "non-blocking", if the browser says it; of initiators the letters by which they differ: "link" and "early-hints",
        // "frame" and "iframe", "fetch" and "xmlhttprequest".
        const font = /\.(woff2?|[ot]tf)\b/i.test(name), blocks = renderBlockingStatus < "c", origin = new URL(name).origin;
        const isAhead = !blocks & /link|hi/.test(by), connect = connectEnd - connectStart;
        fonts += font;
        // Where it does not, every stylesheet looks like a preload.
        silent |= !renderBlockingStatus;
        // Entries come in the order in which they began.
        const list = font | (name == lcp.url) ? sought : blocks ? late : renderBlockingStatus && isAhead ? ahead : [];
        list.push([name, startTime, connect, responseEnd, isAhead, font | used.includes(name)]);
        // 1 with cookies, 2 without, 4 a frame, whose sockets are its own.
        const seen = (origins[origin] ||= [origin, 0, startTime, 0]);
        seen[1] |= /am/.test(by) ? 4 : font | /ch|xml/.test(by) ? 2 : 1;
        if (seen[3] < connect) seen[3] = connect;
      }
    found = [
      isLater && fonts, cut(Object.values(origins), 40),
      // The fonts and the largest picture; what may have been preloaded, the earliest first, since a header asks for it before any
      // element does; and of what rendering waited for the latest first.
      cut([...sought, ...ahead, ...late.reverse()], 16),
      cut(faces, 8).map((face) => cut([face.style, face.weight, face.stretch, face.unicodeRange, face.family].join("|"), 512)),
      silent,
    ];
  };
  const tell = () => {
    // Once.
    if (d.hidden && !body) {
      found || look();
      do
        body = JSON.stringify(
          // Wherever scripts have led the address since; and the answer itself, before which a 103 may have come.
          [new URL(navigation.name || location).pathname, (innerWidth > 599) + (innerWidth > 1023), navigation.type, navigation.deliveryType,
           // "first-contentful-paint" goes on where "first-paint" ends.
           [navigation.activationStart, navigation.finalResponseHeadersStart || navigation.responseStart, all("paint").find((paint) => paint.name[11])?.startTime,
            lcp.startTime, inp, cls * 1e3],
           [lcp.url, lcp.element?.srcset, lcp.element?.sizes], ...found],
          (_, value) => (value?.slice ? cut(value, 999) : value > 0 ? ~~value : value),
        );
      while (body.length > 8e3 && (found[2].pop() || found[3].pop()));
      navigator.sendBeacon(cut(me.src, -3), body);
    }
  };
  // Behind another tab a page waits with painting, and with what painting asks for: one that was there before this runs tells nothing.
  // (Until it is activated, what is prerendered is hidden.)
  if (!(d.prerendering ^ d.hidden || all("visibility-state")[navigation.activationStart ? 2 : 1])) {
    watch("largest-contentful-paint", (entry) => (lcp = entry));
    watch("event", ({ interactionId, duration }) => inp > duration || (interactionId && (inp = duration)));
    // Shifts within a second of each other, and five in all, count as one (web.dev, "Cumulative Layout Shift").
    watch("layout-shift", ({ hadRecentInput, startTime, value }) => {
      if (hadRecentInput) return;
      if (startTime - last > 1e3 || startTime - first > 5e3) (sum = 0), (first = startTime);
      last = startTime;
      if (cls < (sum += value)) cls = sum;
    });
    // "complete", and not "interactive" or "loading".
    d.readyState < "d" ? later() : addEventListener("load", later);
    addEventListener("visibilitychange", tell);
  }
  // Where no inline script has done it: an application that hydrates the whole document finds what its server has sent.
  me.remove();
}
