addEventListener("load", function () {
  var frame = document.createElement("iframe");
  frame.src = "https://app.chat.example/window";
  frame.style.cssText = "position:fixed;right:0;bottom:0;width:4rem;height:4rem;border:0";
  document.body.appendChild(frame);
});
