// Streams as JavaScript makes them.

/// A stream that JavaScript has made, of these chunks. An error among them ends it.
export function stream(chunks, type) {
  const left = [...chunks];
  const pull = (controller) => {
    const chunk = left.shift();
    if (chunk instanceof Error) controller.error(chunk);
    else if (chunk !== undefined) controller.enqueue(chunk);
    if (left.length === 0 && !(chunk instanceof Error)) {
      controller.close();
      controller.byobRequest?.respond(0);
    }
  };
  return new ReadableStream({ type, pull });
}
