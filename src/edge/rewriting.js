// Sends a page to its visitor while wasm edits it. The bytes go into wasm as they come, and what comes back is written on at once. When
// wasm says that nothing else is edited, the platform pumps the rest by itself.

import { Chunks } from "./body.js";
import { handOn, start_anew } from "./host.js";

/// The most bytes that go into wasm at a time. Most pages are edited in their first ones alone.
const PIECE_BYTES = 16 * 1024;

const NONE = new Uint8Array(0);

/// Begins to send a response's body through `edit`: src/edge/js.rs says what that is. Answers with the response that the visitor is to
/// be given, and with the promise of its having been sent. Throws where that cannot be built; the response is then as it was.
export function rewrite(response, edit) {
  const { readable, writable } = new IdentityTransformStream();
  const edited = new Response(readable, response);
  const chunks = new Chunks(response.body);
  handOn(edited);
  return { response: edited, sent: send(response.body, chunks, writable, edit) };
}

/// Never fails: the visitor's connection does where the origin's has, and nobody else has to know.
async function send(body, chunks, writable, edit) {
  const writer = writable.getWriter();
  // What wasm has been given and has not given back.
  let held = NONE;
  try {
    for (let isOver = false; !isOver; ) {
      const chunk = await chunks.next();
      if (chunk === undefined) {
        if (held.length > 0) await writer.write(held);
        await writer.close();
        return;
      }
      for (let at = 0; at < chunk.length; ) {
        const piece = chunk.subarray(at, isOver ? chunk.length : at + PIECE_BYTES);
        const written = isOver ? { bytes: piece, held, isOver } : through(edit, held, piece);
        if (written.bytes.length > 0) await writer.write(written.bytes);
        ({ held, isOver } = written);
        at += piece.length;
      }
    }
  } catch (error) {
    // Either the visitor has gone, or the origin has broken off; then the visitor gets all that has come.
    chunks.cancel();
    if (held.length > 0) await writer.write(held).catch(() => {});
    writer.abort(error).catch(() => {});
    return;
  }
  chunks.release();
  writer.releaseLock();
  await body.pipeTo(writable).catch(() => {});
}

/// What is to be written for a piece, what is held after it, and whether wasm is not to be asked again. Should wasm fail, that is what
/// it has not given back.
function through(edit, held, piece) {
  try {
    const edited = edit(piece);
    if (edited === undefined) return { bytes: piece, held: NONE, isOver: false };
    const [bytes, missing] = edited;
    return { bytes, held: missing > 0 ? last(held, piece, missing) : NONE, isOver: missing === undefined };
  } catch (failure) {
    console.error(`Headstart: ${failure}`);
    start_anew();
    return { bytes: joined(held, piece), held: NONE, isOver: true };
  }
}

/// A copy of the last bytes of both: a piece is good until the next chunk is asked for.
const last = (held, piece, length) => (length <= piece.length ? piece : joined(held, piece)).slice(-length);

function joined(held, piece) {
  const both = new Uint8Array(held.length + piece.length);
  both.set(held);
  both.set(piece, held.length);
  return both;
}
