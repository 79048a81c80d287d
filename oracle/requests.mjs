// The ledger of one page's requests: DevTools events in, the third-party requests that used the page's own sockets out.
//
// Sockets are partitioned by the site of the frame (Fetch, "network partition key"), so what counts are the requests of
// the main frame and of frames with its origin or without a URL of their own. The documents of other frames are kept
// apart: for them only the name is worth looking up.
//
// Events come from several processes of the browser and in no order between them, so that everything is written down
// first and judged at the end.
//
// Credentials: on a request to another site Chromium sends `Sec-Fetch-Storage-Access` exactly when the credentials mode
// is `include` (Storage Access Headers), and that is what divides the socket pools.

export const CREDENTIALED = "credentialed";
export const ANONYMOUS = "anonymous";

const PRIORITIES = ["VeryLow", "Low", "Medium", "High", "VeryHigh"];
const HIGH = PRIORITIES.indexOf("High");

export class Ledger {
  #site;
  #mainFrame;
  /// Frame to whether it has the main frame's sockets.
  #frames = new Map();
  /// The documents that the main frame has shown, one after the other: { loaderId, url }.
  #documents = [];
  #requests = new Map();
  #sentSoFar = 0;

  constructor(pageUrl, mainFrame) {
    this.#site = new URL(pageUrl).origin;
    this.#mainFrame = mainFrame;
    this.#frames.set(mainFrame, true);
  }

  take(method, params) {
    switch (method) {
      case "Page.frameAttached":
        // Until it navigates, a frame is an empty document of its parent's.
        this.#frames.set(params.frameId, this.#hasOurSockets(params.parentFrameId));
        break;
      case "Page.frameNavigated":
        this.#navigated(params.frame);
        break;
      case "Network.requestWillBeSent":
        this.#sent(params);
        break;
      case "Network.requestWillBeSentExtraInfo":
        this.#request(params.requestId).heads.push(params.headers);
        break;
      case "Network.resourceChangedPriority":
        this.#raise(this.#request(params.requestId), params.newPriority);
        break;
    }
  }

  #hasOurSockets(frame) {
    return this.#frames.get(frame) ?? false;
  }

  #navigated({ id, parentId, loaderId, url }) {
    if (id === this.#mainFrame) {
      this.#documents.push({ loaderId, url });
    } else {
      const isLocal = url.startsWith("about:") || originOf(url) === this.#site;
      this.#frames.set(id, isLocal && this.#hasOurSockets(parentId));
    }
  }

  #sent({ requestId, loaderId, frameId, type, request, initiator, redirectResponse, redirectHasExtraInfo }) {
    const entry = this.#request(requestId);
    if (redirectResponse && entry.hops.length > 0) entry.hops.at(-1).hasHead = redirectHasExtraInfo ?? true;
    entry.hops.push({ origin: originOf(request.url), hasHead: true });
    entry.place ??= this.#sentSoFar++;
    entry.type = type;
    entry.loaderId = loaderId;
    entry.isMain = frameId === this.#mainFrame;
    entry.hasOurSockets = this.#hasOurSockets(frameId);
    // A CORS preflight belongs to no frame but to the request that it asks for.
    if (initiator.type === "preflight") entry.asker = initiator.requestId;
    // The tab's icon: the browser wants it for itself, when the page is done and there is time.
    entry.isIcon = type === "Other" && initiator.type === "other";
    this.#raise(entry, request.initialPriority);
  }

  #request(requestId) {
    let entry = this.#requests.get(requestId);
    if (!entry) this.#requests.set(requestId, (entry = { hops: [], heads: [], priority: 0 }));
    return entry;
  }

  #raise(entry, priority) {
    entry.priority = Math.max(entry.priority, PRIORITIES.indexOf(priority));
  }

  /// Where the main frame went from the document `loader` of its own accord: what happens there is another page's.
  left(loader) {
    const at = this.#documents.findIndex(({ loaderId }) => loaderId === loader);
    return this.#documents[at + 1]?.url ?? null;
  }

  /// What the document `loader` and its frames asked of third parties on the page's own sockets, one for each origin and
  /// pool, in the order in which they were first used: { origin, pool, high, total, types }. `high` and `total` are
  /// numbers of requests.
  pairs(loader) {
    const pairs = new Map();
    const counted = [...this.#requests.values()].filter((request) => this.#counts(request, loader));
    for (const request of counted.sort((a, b) => a.place - b.place)) {
      for (const { origin, pool } of this.#connections(request)) {
        const key = `${origin} ${pool}`;
        let pair = pairs.get(key);
        if (!pair) pairs.set(key, (pair = { origin, pool, high: 0, total: 0, types: {} }));
        pair.total += 1;
        if (request.priority >= HIGH) pair.high += 1;
        const type = `${request.asker ? "Preflight" : request.type} ${PRIORITIES[request.priority]}`;
        pair.types[type] = (pair.types[type] ?? 0) + 1;
      }
    }
    return [...pairs.values()];
  }

  #counts(request, loader) {
    if (request.asker) return this.#counts(this.#request(request.asker), loader);
    if (request.type === "Document" || request.isIcon) return false;
    return request.isMain ? request.loaderId === loader : Boolean(request.hasOurSockets);
  }

  /// The third-party origins whose documents are in frames.
  frameOrigins() {
    const documents = [...this.#requests.values()].filter(({ type, isMain }) => type === "Document" && !isMain);
    return [...new Set(documents.flatMap((request) => this.#connections(request).map(({ origin }) => origin)))];
  }

  /// The hops of a request that went over the network: those whose request header was told. Blocked requests, answers
  /// from the cache and redirects inside the browser (HSTS) have none.
  #connections({ hops, heads }) {
    const told = [...heads];
    const connections = [];
    for (const { origin, hasHead } of hops) {
      const head = hasHead ? told.shift() : undefined;
      if (head && origin && origin !== this.#site) connections.push({ origin, pool: poolOf(head) });
    }
    return connections;
  }
}

function poolOf(head) {
  const includes = Object.keys(head).some((name) => name.toLowerCase() === "sec-fetch-storage-access");
  return includes ? CREDENTIALED : ANONYMOUS;
}

/// The origin of a URL that is fetched over the network; null for `data:` and the like.
function originOf(url) {
  return /^https?:/i.test(url) && URL.canParse(url) ? new URL(url).origin : null;
}
