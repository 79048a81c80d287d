// A Worker without wasm: what the platform's process takes by itself.

export default { fetch: () => new Response("Hello, world!") };
