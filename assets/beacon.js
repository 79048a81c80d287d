// Tells Headstart how this view went: how fast the page was there, the picture that was largest, the parts that rendering waited for,
// which of them were preloaded, the faces of fonts in use, and the third-party origins. No cookie, no identifier, and of the page's
// address the path alone.
// What is served is assets/beacon.min.js, which tests/js/beacon.test.mjs holds to this; src/learn/beacon.rs reads what it sends.
// It does without what pages and their libraries replace: `URL`, an array's `toJSON`, an element's `remove`.
{
  let d = document, me = d.currentScript, all = (type) => performance.getEntriesByType(type), cut = (all, most) => all.slice(0, most);
  // What this entry says of an activation is up to date whenever it is asked.
  let [navigation = {}] = all("navigation"), lcp = {}, srcset, sizes, inp, sum, first, last, used = {}, found, body, on;
  // A browser that cannot see shifts does not know that there are none.
  let cls = self.LayoutShift && 0;
  let watch = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().map(take)).observe({ type, buffered: 1, durationThreshold: 16 });
  // Array by array: Prototype gives them a `toJSON` that makes them text.
  let json = (value) =>
    value?.map ? `[${value.map(json)}]` : JSON.stringify(value?.trim ? cut(value, 999) : value > 0 ? ~~value : value ?? null);
  // Notes the URL of an element or a stylesheet, and of those that it imports, as far as the browser lets them be seen.
  let use = (user) => {
    try {
      used[user.href || user.currentSrc || user.src] = 1;
      cut([...user.cssRules], 20).map((rule) => use(rule.styleSheet));
    } catch {
      // One that may not be read, a rule that imports none, or no stylesheet.
    }
  };
  let look = (isLater) => {
    let origins = {}, sought = [], ahead = [], late = [], faces = [...d.fonts].filter((face) => face.status[4] == "e");
    // "error", "loading" and "unloaded" have another letter there.
    // No entry says which font is used: only that there are more of them than faces in use. And where another origin's stylesheet
    // names a font, there may be no entry.
    let fonts = -faces.length, silent = 0;
    [...d.styleSheets, ...d.scripts, ...d.images].map(use);
    for (let { name, initiatorType: by, startTime, connectStart, connectEnd, responseEnd, renderBlockingStatus } of all("resource"))
      // What is sent by "beacon" needs no connection. It alone has an "n" there.
      if (name[0] == "h" && by[5] != "n") {
        // "blocking" or "non-blocking", if the browser says it; of initiators the letters by which they differ: "link" and "early-hints",
        // "frame" and "iframe", "fetch" and "xmlhttprequest", "other".
        let font = /\.(woff2?|.tf)\b/i.test(name), isSought = font | (name == lcp.url), blocks = renderBlockingStatus < "c";
        // "https://" is as long as "http://" and a letter of the host.
        let isAhead = !blocks & /nk|-/.test(by), origin = /.{8}[^/]*/.exec(name)[0];
        // 1 with cookies, 2 without, 4 a frame, whose sockets are its own.
        let seen = (origins[origin] ||= [origin, 0, startTime, 0]);
        seen[1] |= /am/.test(by) ? 4 : font | /ch|x/.test(by) ? 2 : 1;
        seen[3] ||= connectEnd - connectStart;
        fonts += font;
        // Where it does not, every stylesheet looks like a preload.
        silent |= !renderBlockingStatus;
        // Entries come in the order in which they began. Firefox says "other" of every font, whoever asked for it: 2, nobody knows.
        (isSought ? sought : blocks ? late : renderBlockingStatus && isAhead ? ahead : [])
          .push([name, startTime, connectEnd - connectStart, responseEnd, by[1] == "t" ? 2 : isAhead, isSought | used[name]]);
      }
    found = [
      isLater && fonts, cut(Object.values(origins), 40),
      // The fonts and the largest picture; what may have been preloaded, the earliest first, since a header asks for it before any
      // element does; and of what rendering waited for the latest first.
      cut(sought.concat(ahead, late.reverse()), 16),
      cut(faces, 8).map((face) => cut([face.style, face.weight, face.stretch, face.unicodeRange, face.family].join("|"), 512)),
      silent,
    ];
  };
  // Begins the three seconds once the page is loaded ("complete", and not "interactive" or "loading") and seen: what is prerendered
  // paints, and asks for what only painting asks for, from then on.
  let later = () => d.hidden | (d.readyState > "d") || setTimeout(look, 3e3, 1);
  // The width is as media queries have it, but for a scrollbar: `innerWidth` grows on a phone with what is wider than its window.
  let tell = (_, width = d.documentElement.clientWidth) => {
    // Once.
    if (body) return;
    if (d.hidden) {
      for (
        found || look();
        // Wherever scripts have led the address since; and the answer itself, before which a 103 may have come.
        (body = json([
          /[^:/](\/[^?#]*)/.exec(navigation.name || d.URL)[1],
          width > 1023 ? 2 : (width > 599) | 0,
          navigation.type, navigation.deliveryType,
          // "first-contentful-paint" goes on where "first-paint" ends.
          [navigation.activationStart, navigation.finalResponseHeadersStart || navigation.responseStart,
           all("paint").find((paint) => paint.name[11])?.startTime, lcp.startTime, inp, cls * 1e3],
          [lcp.url, srcset, sizes], ...found,
        // A text that is longer has a letter there.
        ]))[8e3] && (found[2].pop() || found[3].pop());
      );
      navigator.sendBeacon(cut(me.src, -3), body);
    } else later();
  };
  // Behind another tab a page waits with painting, and with what painting asks for: one that was there before this runs tells nothing.
  // (Until it is activated, what is prerendered is hidden.)
  if (!(d.prerendering ^ d.hidden || all("visibility-state")[navigation.activationStart ? 2 : 1])) {
    // As its element is now: later scripts may have changed it, or taken it away. Of one that is gone by now nothing but empty `sizes`.
    watch("largest-contentful-paint", (entry) => ({ srcset, sizes } = (lcp = entry).element || { sizes: "" }));
    // Of the first interaction "first-input" tells, however fast it was, and where it has no ID.
    ["event", "first-input"].map((type) =>
      watch(type, ({ interactionId, duration }) => inp > duration || ((interactionId || type[5]) && (inp = duration))),
    );
    // Shifts within a second of each other, and five in all, count as one (web.dev, "Cumulative Layout Shift").
    watch("layout-shift", ({ hadRecentInput, startTime, value }) => hadRecentInput || (
      (startTime - last < 1e3) & (startTime - first < 5e3) || ((sum = 0), (first = startTime)),
      (last = startTime),
      cls < (sum += value) && (cls = sum)
    ));
    later();
    (on = addEventListener)("load", later);
    on("visibilitychange", tell);
  }
  // Where no inline script has done it: an application that hydrates the whole document finds what its server has sent.
  me.replaceWith();
}
