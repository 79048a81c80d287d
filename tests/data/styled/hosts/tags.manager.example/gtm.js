(function (d) {
  // What the site's owner has put into the container.
  function load(src) {
    var s = d.createElement("script");
    s.async = true;
    s.src = src;
    d.head.appendChild(s);
  }
  load("https://www.counting.example/analytics.js");
})(document);
