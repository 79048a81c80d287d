// What servers were asked for and sent, and how many connections were opened to third parties: of one lane, so of one browser.

export class Journal {
  #requests = [];
  #sockets = [];

  /// Takes note of a request when it comes, and answers the note; who answers it counts `bytes` and says the `status`.
  request(host, target, headers) {
    const url = new URL(target, "https://lab.invalid");
    const note = {
      at: performance.now(),
      host,
      path: url.pathname,
      document: headers["sec-fetch-dest"] === "document",
      purpose: headers["sec-purpose"] ?? null,
      early: false,
      status: null,
      bytes: 0,
    };
    this.#requests.push(note);
    return note;
  }

  /// Takes note of a connection to a third party.
  socket(host) {
    this.#sockets.push({ at: performance.now(), host });
  }

  /// What has been noted since this was last asked: {requests, sockets}. Requests that are still being answered go on in their
  /// notes.
  take() {
    const taken = { requests: this.#requests, sockets: this.#sockets };
    this.#requests = [];
    this.#sockets = [];
    return taken;
  }
}
