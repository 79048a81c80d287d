// What the platform can do and wasm calls as it is: KV, SQLite, Analytics Engine, streams, random bytes, clocks. Nothing is decided here.

import { rules } from "./kept_decisions.js";

/// What a Durable Object's SQLite answers: rows, each an array of its columns.
export const run_sql = (state, query, bindings) => Array.from(state.storage.sql.exec(query, ...bindings).raw());

/// Has all that `work` writes to a Durable Object's SQLite stand together, or, where it fails, nothing of it. It awaits nothing.
export const in_transaction = (state, work) => state.storage.transactionSync(work);

/// Writes data points to a dataset of Analytics Engine. It answers at once; the platform sends them later.
export function write_points(dataset, json) {
  for (const point of JSON.parse(json)) dataset.writeDataPoint(point);
}

/// An answer with these bytes. A stream of ours gives them out: a page may be copied to be read while it is edited, and workerd pipes no
/// copy of a stream that it has made itself of bytes into another one of its own.
export function streamed(bytes, init) {
  const give = (controller) => {
    controller.enqueue(bytes);
    controller.close();
  };
  return new Response(new ReadableStream({ start: give }), init);
}

/// A value of a KV namespace, which the platform may keep for so many seconds; null where there is none, and true where it has more than
/// `most` bytes. Of such a one no more is read: it may be an owner's, of 25 MB, and there may be several at once in an isolate's 128 MB.
export async function kv_value(store, key, seconds, most) {
  const stream = await store.get(key, { type: "stream", cacheTtl: seconds });
  if (stream === null) return null;
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = "";
  // Whoever leaves the loop cancels the stream.
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > most) return true;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/// Writes a value into a KV namespace.
export const kv_put = (store, key, value) => store.put(key, value);

/// Removes a value from a KV namespace.
export const kv_remove = (store, key) => store.delete(key);

/// Names of values in a KV namespace that begin so, a thousand at the most from a cursor on, and the cursor from which the list goes on,
/// if it does.
export async function kv_names(store, prefix, cursor) {
  const list = await store.list({ prefix, cursor });
  return [list.keys.map(({ name }) => name), list.list_complete ? undefined : list.cursor];
}

/// Random bytes.
export const random_bytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/// The response with another body. What was said of the bytes of the old one is not true of it.
export function with_body(response, body) {
  const edited = new Response(body, response);
  const { headers } = edited;
  for (const name of rules().of_bytes) headers.delete(name);
  return edited;
}

/// What a promise gives, or undefined where that takes longer than so many milliseconds.
export function within(promise, milliseconds) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/// The same as `[value]`, so that it is told from none.
export const in_time = (promise, milliseconds) => within(promise.then((value) => [value]), milliseconds);

/// Whether a field has come as the origin has sent it. The platform reads fields as UTF-8, and of bytes that are none it gives others.
export const isText = (value) => !value.includes("\ufffd");
