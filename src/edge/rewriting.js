// Sends a page to its visitor while wasm edits it. The bytes go into wasm as they come, and what comes back is written on at once. When
// wasm says that nothing else is edited, the platform pumps the rest by itself.
//
// An editor is wasm's: src/edge/rewriting.rs, PageEditor. It is told when it is not asked any more, since nobody else frees its memory.
// Where a decision is replayed, wasm only finds the place, and what goes there is put in here.
//
// A page whose origin breaks off has to break off for its visitor, or a part of it would be shown, and kept, as the whole. workerd tells
// that only of a body whose length the answer's head has said: one without ends in good order, whatever becomes of its stream. So the
// head of an answer waits a little for the first bytes of its page, after which nearly every page's length is known, and they for nothing.

import { Chunks, PIECE_BYTES as BUFFER_BYTES } from "./body.js";
import { append, appended, handOn, logFailed, newFinder, start_anew, whenAnswered } from "./host.js";
import { rules } from "./kept_decisions.js";
import { isText, within } from "./platform.js";

/// The most bytes that go into wasm at a time.
const PIECE_BYTES = 16 * 1024;

/// How many bytes of a page are read, and go into wasm, at first. Most pages are edited in these alone, and the platform pumps the rest at
/// a lower price. Where they are not enough, more are taken at a time.
const FIRST_BYTES = 4 * 1024;

/// The longest page that is sent as one piece if it has come as one.
const WHOLE_BYTES = 128 * 1024;

/// How long the head of an answer waits for the first bytes of a page whose length the origin has said, in milliseconds. An origin
/// that knows it has all of the page.
const FIRST_MS = 100;

const NONE = new Uint8Array(0);

/// What an editor has not given back yet: copies of pieces, and how many bytes they have. A page may hold a long comment back that comes
/// in many small chunks, and no byte of it is to be copied for each of them.
const nothing = () => ({ parts: [], length: 0 });

/// Has a response's body go through an editor once wasm has answered with that response.
export const editLater = (response, editor) => whenAnswered(response, (context) => edited(response, editor, [], context));

/// Begins to send a response's body through an editor at once. Answers with the response that is read then, and with the promise of its
/// having been sent. Throws where that cannot be built; the response is then as it was.
export function rewrite(response, editor) {
  try {
    return begin(response, editor, { chunksOf: () => chunksOf(response) });
  } catch (error) {
    end(editor);
    throw error;
  }
}

/// The same by a decision that is replayed: puts HTML, as bytes, into the head of a page with this charset label, and appends header
/// lines. Answers with the response, or with the promise of one.
export function editedByDecision(response, html, charset, lines, context) {
  let editor;
  try {
    editor = putting(html, newFinder(charset));
  } catch (failure) {
    failed(failure);
    return append(response, lines);
  }
  return edited(response, editor, lines, context);
}

/// An editor that puts HTML, as bytes, where wasm finds the place.
const putting = (html, finder) => ({
  write(piece, held) {
    const found = finder.find(piece);
    if (found === -1 && held.length === 0) return undefined;
    const missing = -1 - found;
    if (missing === held.length + piece.length) return [NONE, missing];
    const all = whole(held, piece);
    if (found >= 0) return [joined([all.subarray(0, found), html, all.subarray(found)])];
    if (Number.isNaN(found)) return [all];
    return [all.subarray(0, all.length - missing), missing];
  },
  end: () => finder.end(),
});

/// How long a body is, where its head says so; not a number where it does not. `identity` is no coding (RFC 9110, section 8.4.1).
const lengthOf = (headers) =>
  /^\s*(identity)?\s*$/i.test(headers.get("content-encoding") ?? "") ? Number.parseInt(headers.get("content-length"), 10) : Number.NaN;

/// Whether the platform holds the origin to the length that it has said. Another Worker may say what is not so.
const isHeld = (headers) => rules().origin?.binding === undefined && headers.get("transfer-encoding") === null;

const chunksOf = ({ body }) => new Chunks(body, new ArrayBuffer(FIRST_BYTES), BUFFER_BYTES);

/// The response with its body sent through an editor, or the promise of one, and with these header lines.
function edited(response, editor, lines, context) {
  try {
    // Before anything is read: where the platform builds no answer with such a head, the page goes on as it came.
    new Response(null, response);
  } catch (failure) {
    end(editor);
    logFailed(failure);
    return response;
  }
  const length = lengthOf(response.headers);
  return length > 0 ? onceBegun(response, editor, length, lines, context) : inBackground(rewrite(response, editor), lines, context);
}

/// The same for a page of this length. It is sent as one piece if it comes as one, which costs less than a stream: where the platform
/// holds the origin to that length. Otherwise more may come behind it.
async function onceBegun(response, editor, length, lines, context) {
  const isSure = isHeld(response.headers);
  const chunks = isSure && length <= WHOLE_BYTES ? new Chunks(response.body, new ArrayBuffer(length)) : chunksOf(response);
  const reading = chunks.next().then((chunk) => ({ chunk }), () => ({ hasFailed: true }));
  const came = await within(reading, FIRST_MS);
  const state = begun();
  const first = came?.chunk === undefined ? [] : [...through(editor, state, came.chunk)];
  if (isSure && came?.chunk?.length === length) {
    end(editor);
    return appended(built(joined([...first, ...state.held.parts]), response), lines);
  }
  // Of what comes later, or has its place further down, nobody knows the length in time.
  const isKnown = isSure && (state.isOver || came?.hasFailed);
  const rest = { chunksOf: () => chunks, state, first, reading: came === undefined ? reading : undefined };
  return inBackground(begin(response, editor, { ...rest, length: isKnown ? length + state.grown : undefined }), lines, context);
}

function inBackground({ response, sent }, lines, context) {
  context.waitUntil(sent);
  return appended(response, lines);
}

/// The response with another body, and without what is untrue of a page that is edited: src/plan/html_edits.rs.
function built(body, response) {
  const edited = new Response(body, response);
  const { headers } = edited;
  for (const name of rules().of_exact_bytes) headers.delete(name);
  // The bytes may be others than those that a strong entity tag stands for (RFC 9110, section 8.8.1).
  const etag = headers.get("etag");
  if (etag !== null && !etag.startsWith("W/")) {
    if (isText(etag)) headers.set("etag", `W/${etag}`);
    else headers.delete("etag");
  }
  return edited;
}

/// Begins to send a page, of this length once it is edited, if that is known. Of its first chunk what is to be written may be known
/// already, or it may be on its way.
function begin(response, editor, { chunksOf, length, state = begun(), first = [], reading }) {
  const { readable, writable } = length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
  const answer = built(readable, response);
  const chunks = chunksOf();
  handOn(answer);
  const sent = send(response.body, chunks, writable, editor, state, first, reading);
  return { response: answer, sent: sent.finally(() => end(editor)) };
}

/// Sends a body. Never fails: the visitor's connection does where the origin's has, and nobody else has to know.
async function send(body, chunks, writable, editor, state, first, reading) {
  const writer = writable.getWriter();
  try {
    for (let pieces = first; ; ) {
      for (const bytes of pieces) {
        const written = writer.write(bytes);
        // What comes behind the last edit is written behind it, and need not wait here. Nobody reads into its buffer any more.
        if (state.isOver) written.catch(() => {});
        else await written;
      }
      if (state.isOver) break;
      // Where the first could not be read, whoever asks next is told why.
      const chunk = (await reading)?.chunk ?? (await chunks.next());
      reading = undefined;
      if (chunk === undefined) {
        if (state.held.length > 0) await writer.write(joined(state.held.parts));
        await writer.close();
        return;
      }
      pieces = through(editor, state, chunk);
    }
  } catch (error) {
    // Either the visitor has gone, or the origin has broken off; then the visitor gets all that has come.
    chunks.cancel();
    if (state.held.length > 0) await writer.write(joined(state.held.parts)).catch(() => {});
    writer.abort(error).catch(() => {});
    return;
  }
  chunks.release();
  writer.releaseLock();
  await body.pipeTo(writable).catch(() => {});
}

/// What an editor has been given and has not given back, whether it is not to be asked again, how many bytes it is given next, and how
/// many the page has become longer.
const begun = () => ({ held: nothing(), isOver: false, next: FIRST_BYTES, grown: 0 });

/// What is to be written for a chunk, piece by piece.
function* through(editor, state, chunk) {
  for (let at = 0; at < chunk.length; ) {
    const piece = chunk.subarray(at, state.isOver ? chunk.length : at + state.next);
    state.next = PIECE_BYTES;
    const bytes = state.isOver ? piece : edit(editor, state, piece);
    if (bytes.length > 0) yield bytes;
    at += piece.length;
  }
}

/// What is to be written for a piece. Should wasm fail, that is what it has not given back.
function edit(editor, state, piece) {
  const { held } = state;
  try {
    const edited = editor.write(piece, held);
    state.held = nothing();
    if (edited === undefined) return piece;
    const [bytes, missing] = edited;
    const given = held.length + piece.length;
    if (missing > 0) state.held = missing === given ? longer(held, piece) : last(held, piece, missing);
    state.isOver = missing === undefined;
    state.grown += bytes.length + state.held.length - given;
    return bytes;
  } catch (failure) {
    failed(failure);
    state.held = nothing();
    state.isOver = true;
    return whole(held, piece);
  }
}

function failed(failure) {
  logFailed(failure);
  start_anew();
}

/// Lets an editor go. One of an instance of wasm that has ended went with it.
function end(editor) {
  try {
    editor.end();
  } catch {}
}

/// Both, as one.
const whole = (held, piece) => (held.length === 0 ? piece : joined([...held.parts, piece]));

/// What is held, and a copy of a piece: that is good until the next chunk is asked for.
const longer = ({ parts, length }, piece) => (parts.push(piece.slice()), { parts, length: length + piece.length });

/// A copy of the last bytes of both.
const last = (held, piece, length) => ({ parts: [(length <= piece.length ? piece : whole(held, piece)).slice(-length)], length });

function joined(parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
