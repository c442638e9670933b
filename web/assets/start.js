// Says what is wrong where the page cannot start, or has stopped. It stands apart from the wasm, which may be what fails.

(() => {
  let started = false;

  const say = (title, detail) => {
    let place = document.getElementById("start");
    if (!place) {
      place = document.createElement("div");
      place.id = "start";
      place.className = "start stopped";
      place.setAttribute("role", "alert");
      document.body.append(place);
    }
    const strong = document.createElement("strong");
    strong.textContent = title;
    place.replaceChildren(strong, detail);
  };

  const failed = (error) => {
    if (started) {
      if (error instanceof WebAssembly.RuntimeError) {
        say("The page has stopped.", "That is a mistake in it, not in what you did. Load it again to go on.");
      }
    } else {
      say(
        "The page could not start.",
        "Its program did not load. Look at your connection and load the page again; if that does not help, use a current version of Firefox, Chrome, Edge or Safari.",
      );
    }
  };

  addEventListener("TrunkApplicationStarted", () => (started = true));
  // A script that does not load tells its own element alone: only a listener that captures hears of it.
  addEventListener("error", ({ error, target }) => (error || target instanceof HTMLScriptElement) && failed(error), true);
  addEventListener("unhandledrejection", (event) => failed(event.reason));
  addEventListener("DOMContentLoaded", () => {
    if (typeof WebAssembly !== "object") {
      say(
        "This browser cannot run the page.",
        "The laboratory is a WebAssembly program. Use a current version of Firefox, Chrome, Edge or Safari, or allow WebAssembly in this one.",
      );
    }
  });
})();
