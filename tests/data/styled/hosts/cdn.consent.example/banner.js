// Asks, and loads what was agreed to; here the visitor agrees a while after the page has loaded.
addEventListener("load", function () {
  setTimeout(function () {
    ["https://pixel.ads.example/pixel.js", "https://replay.sessions.example/record.js"].forEach(function (src) {
      var s = document.createElement("script");
      s.src = src;
      document.head.appendChild(s);
    });
  }, 500);
});
