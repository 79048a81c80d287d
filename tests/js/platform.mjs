// What the platform has and Node does not.

/// Like the platform's own, it is done with what is written when the next chunk is, so that its buffer may be used again.
globalThis.IdentityTransformStream = class extends TransformStream {
  constructor() {
    super({ transform: (chunk, controller) => controller.enqueue(chunk.slice()) });
  }
};

/// Like the platform's own, it takes so many bytes and no more, and must have had them all when it is closed.
globalThis.FixedLengthStream = class extends TransformStream {
  constructor(length) {
    let left = length;
    super({
      transform(chunk, controller) {
        left -= chunk.length;
        if (left < 0) throw new TypeError("too many bytes");
        controller.enqueue(chunk.slice());
      },
      flush() {
        if (left > 0) throw new TypeError("too few bytes");
      },
    });
    this.length = length;
  }
};
