const link = document.createElement("link");
link.rel = "stylesheet";
link.href = "https://assets.appcdn.example/app.css";
document.head.append(link);
fetch("https://api.backend.example/v1/rooms", { credentials: "include" })
  .then((response) => response.json())
  .then(() => {
    const image = new Image();
    image.src = "https://media.appcdn.example/room.jpg";
    document.querySelector("#root").append("Rooms", image);
  });
