// What the platform has and Node does not.

/// Like the platform's own, it is done with what is written when the next chunk is, so that its buffer may be used again.
globalThis.IdentityTransformStream = class extends TransformStream {
  constructor() {
    super({ transform: (chunk, controller) => controller.enqueue(chunk.slice()) });
  }
};
