// What runs in the page, as texts of functions.

/// The links that are shown within a selector and can be pointed at, each address once.
export const LINKS = `(within) => {
  const addresses = new Set();
  return [...document.querySelectorAll(within)].flatMap((part) => [...part.querySelectorAll("a[href]")]).filter((link) => {
    const { width, height } = link.getBoundingClientRect();
    if (width < 1 || height < 1 || getComputedStyle(link).visibility !== "visible") return false;
    const { href, origin, pathname, search } = link;
    if (origin !== location.origin || pathname + search === location.pathname + location.search || addresses.has(href)) return false;
    return addresses.add(href);
  });
}`;

/// What a visitor sees of a page, and what its forms would send.
export const look = `() => {
  const lines = (text) => text.split("\\n").map((line) => line.replace(/\\s+/g, " ").trim()).filter(Boolean);
  const fields = [...document.querySelectorAll("input, select, textarea")].map((field) => {
    const box = field.type === "checkbox" || field.type === "radio" ? (field.checked ? " ticked" : " not ticked") : "";
    return (field.name || field.id || "?") + " = " + field.value + box;
  });
  return { url: location.pathname + location.search, title: document.title, text: lines(document.body?.innerText ?? ""), fields };
}`;
