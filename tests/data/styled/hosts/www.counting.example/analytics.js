navigator.sendBeacon("https://collect.counting.example/g/collect?v=2", "en=page_view");
