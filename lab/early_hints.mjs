// Cloudflare's Early Hints, as its documentation describes them
// (developers.cloudflare.com/cache/advanced-configuration/early-hints): what an edge remembers of the `Link` lines that pass,
// and what of it goes out as 103 (RFC 8297) when the same page is asked for again, before the Worker or the origin is.

/// The answers that hints are taken from, and the endings of the paths that have any.
const STATUSES = new Set([200, 301, 302]);
const EXTENSIONS = new Set(["", "html", "htm", "php"]);

/// The relations that are sent early.
const RELATIONS = new Set(["preconnect", "preload"]);

/// How many pages are remembered; the one that was asked for longest ago goes first.
const MOST_PAGES = 10_000;

/// The values of a `Link` field, one by one, as they stand there (RFC 8288, 3): commas inside of `<…>` and of quoted strings
/// separate nothing.
export function linkValues(field) {
  return [...field.matchAll(/\s*((?:<[^>]*>|"(?:\\.|[^"\\])*"|[^,<"])+)/g)].map(([, value]) => value.trim()).filter((value) => value.startsWith("<"));
}

/// The relations of one value, in lower case. Of several `rel` parameters the first one counts.
export function relations(value) {
  const [, quoted, token] = value.slice(value.indexOf(">") + 1).match(/;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i) ?? [];
  return (quoted ?? token ?? "").toLowerCase().split(/\s+/).filter(Boolean);
}

/// What of a `Link` field is sent early: its values for preconnects and preloads, an empty text where it has none.
export function hints(field) {
  return linkValues(field).filter((value) => relations(value).some((relation) => RELATIONS.has(relation))).join(", ");
}

/// Whether pages of this path have early hints: those without an extension, and those of HTML and PHP.
export function hasHints(path) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return EXTENSIONS.has(dot === -1 ? "" : name.slice(dot + 1).toLowerCase());
}

/// What is remembered of the pages of all hosts, by their URLs without the query.
export class EarlyHints {
  #pages = new Map();

  /// The `Link` field to send ahead of the answer for a page; an empty text where nothing is known of it.
  of(host, target) {
    const page = key(host, target);
    const links = this.#pages.get(page) ?? "";
    if (links !== "") this.#put(page, links);
    return links;
  }

  /// Takes note of an answer. The newest one counts: what names nothing any more has the page forgotten. How long Cloudflare
  /// takes for that, it does not say.
  note(host, target, status, field) {
    const page = key(host, target);
    if (!STATUSES.has(status) || !hasHints(target.split("?")[0])) return;
    const links = hints(field);
    if (links === "") this.#pages.delete(page);
    else this.#put(page, links);
  }

  #put(page, links) {
    this.#pages.delete(page);
    this.#pages.set(page, links);
    if (this.#pages.size > MOST_PAGES) this.#pages.delete(this.#pages.keys().next().value);
  }
}

const key = (host, target) => `${host}${target.split("?")[0]}`;
