// Starts sw.js, once the page has all it needs. Where a browser allows no workers, the page needs its network.
if ("serviceWorker" in navigator) {
  addEventListener("load", () => {
    navigator.serviceWorker
      .register("./sw.js")
      .catch((error) => console.warn("The page will not work offline:", error.message));
  });
}
