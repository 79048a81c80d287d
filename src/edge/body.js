// Reads bodies for wasm, whatever kind of stream they are. Reading fails as a promise: an exception that passes through a
// Rust frame leaves the wasm instance unusable. Only the constructor of Pieces throws, and Rust catches that.

/// The most bytes that cross into wasm at a time. Few large pieces cost far less than many small ones.
export const PIECE_BYTES = 64 * 1024;

/// A chunk as bytes. A stream that JavaScript has made may give anything.
function bytesOf(chunk) {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError(`a body gave ${chunk === null ? "null" : `a ${typeof chunk}`} in place of bytes`);
}

/// A body's chunks as they come, whatever kind of stream it is.
export class Chunks {
  #reader;
  #isFilled;
  // Where the platform's own streams write to, as much as has come.
  #buffer;
  // The length of the buffer that takes its place when it has been full.
  #grows;

  /// Locks the stream. Throws where it is locked already. A buffer that has been full is followed by one of `grows` bytes.
  constructor(body, buffer = new ArrayBuffer(PIECE_BYTES), grows = 0) {
    this.#buffer = buffer;
    this.#grows = grows;
    try {
      this.#reader = body.getReader({ mode: "byob" });
      this.#isFilled = true;
    } catch {
      // A stream that JavaScript has made gives chunks of its own. One that is locked fails again.
      this.#reader = body.getReader();
      this.#isFilled = false;
    }
  }

  /// Whether the platform fills a buffer of ours, as far as it can, so that no chunk is longer than that.
  get isFilled() {
    return this.#isFilled;
  }

  /// The promise of the next chunk, never an empty one; undefined at the end. A chunk is good until the next is asked for. The stream is
  /// not asked for more than has come: that would hold the visitor's bytes back, since both branches of a copied stream are read
  /// together.
  async next() {
    for (;;) {
      const { value, done } = await this.#read();
      if (value === undefined) return undefined;
      const chunk = bytesOf(value);
      // The read took the buffer away; its memory comes back with the result.
      if (this.#isFilled) this.#buffer = chunk.length >= this.#grows || chunk.length < chunk.buffer.byteLength ? chunk.buffer : new ArrayBuffer(this.#grows);
      if (chunk.length > 0) return chunk;
      if (done) return undefined;
    }
  }

  async #read() {
    if (!this.#isFilled) return this.#reader.read();
    try {
      return await this.#reader.read(new Uint8Array(this.#buffer));
    } catch (error) {
      // The buffer is gone. Whoever asks again is told by the stream what has failed, and not that.
      this.#buffer = new ArrayBuffer(1);
      throw error;
    }
  }

  /// Lets the stream go for somebody else to read on.
  release() {
    this.#reader.releaseLock();
  }

  /// Lets the stream go. Nobody waits for that: of a copied stream it is over when the other copy is read.
  cancel() {
    this.#reader.cancel().catch(() => {});
  }
}

/// A body's bytes in pieces of at most PIECE_BYTES.
export class Pieces {
  #chunks;
  // What pieces lie in that are gathered, and what the last chunk had too much for its piece.
  #buffer;
  #rest = new Uint8Array(0);

  /// Locks the stream. Throws where it is locked already. Pieces have at most `most` bytes: as long as a body does not end, its
  /// buffer is held.
  constructor(body, most = PIECE_BYTES) {
    this.#buffer = new ArrayBuffer(Math.min(Math.max(most, 1), PIECE_BYTES));
    this.#chunks = new Chunks(body, this.#buffer);
  }

  /// The promise of the next piece, never an empty one; undefined at the end. A piece is good until the next is asked for.
  async next() {
    try {
      return await (this.#chunks.isFilled ? this.#chunks.next() : this.#gathered());
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  /// As many chunks as fill a piece: they may be small, and each that crosses into wasm costs.
  async #gathered() {
    const piece = new Uint8Array(this.#buffer);
    let length = 0;
    while (length < piece.length) {
      if (this.#rest.length === 0) {
        const chunk = await this.#chunks.next();
        if (chunk === undefined) break;
        this.#rest = chunk;
      }
      const taken = this.#rest.subarray(0, piece.length - length);
      piece.set(taken, length);
      length += taken.length;
      this.#rest = this.#rest.subarray(taken.length);
    }
    return length > 0 ? piece.subarray(0, length) : undefined;
  }

  /// Lets the stream go. Nobody waits for that: of a copied stream it is over when the other copy is read.
  cancel() {
    this.#chunks.cancel();
  }
}

/// The bytes of a body, or undefined where it has more than `most`. Fails where it takes longer than `within` milliseconds.
export async function read_whole(body, most, within) {
  const { bytes, isWhole } = await gather(body, most, within);
  return isWhole ? bytes : undefined;
}

/// The text of a body, or undefined where it has more than `most` bytes, or cannot be read within `within` milliseconds.
export const read_text = (body, most, within) =>
  read_whole(body, most, within).then(
    (bytes) => bytes && new TextDecoder().decode(bytes),
    () => undefined,
  );

/// The first `most` bytes of a body, whatever it has. Fails where they take longer than `within` milliseconds.
export async function read_start(body, most, within) {
  return (await gather(body, most, within)).bytes;
}

/// At most `most` bytes of a body, and whether these are all. The rest is let go.
async function gather(body, most, within) {
  // One more byte tells that there is more.
  const source = new Pieces(body, most + 1);
  const end = Date.now() + within;
  const pieces = [];
  let length = 0;
  let isWhole = true;
  for (;;) {
    let timer;
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("a body takes too long")), end - Date.now())));
    const piece = await Promise.race([source.next(), late])
      .catch((error) => {
        source.cancel();
        throw error;
      })
      .finally(() => clearTimeout(timer));
    if (piece === undefined) break;
    const kept = piece.slice(0, most - length);
    pieces.push(kept);
    length += kept.length;
    isWhole = kept.length === piece.length;
    if (!isWhole) {
      source.cancel();
      break;
    }
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, isWhole };
}
