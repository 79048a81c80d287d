// The plainest Worker that stands in front of an origin: the yardstick of the pass-through tests and of the benchmark.

export default {
  fetch(request, env) {
    const { url } = request;
    return fetch(env.ORIGIN + url.slice(url.indexOf("/", "https://".length)), request);
  },
};
