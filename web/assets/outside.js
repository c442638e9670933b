// What the browser does for the page: files, the clipboard, pictures. The wasm calls it (web/src/outside.rs).

window.outside = (() => {
  const save = (name, blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  // A scenario is smaller: what is larger is not read at all.
  const FILE_BYTES_MAX = 4 << 20;

  let opened = { name: "", text: "" };

  const open = async (file) => {
    if (!file) return;
    const text = file.size > FILE_BYTES_MAX ? `${file.size} bytes are too many` : await file.text();
    opened = { name: file.name, text };
    dispatchEvent(new Event("mini-raft-file"));
  };

  addEventListener("change", ({ target }) => {
    if (!target.matches?.("[data-opens]")) return;
    open(target.files[0]);
    // The same file can be opened again.
    target.value = "";
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    open(event.dataTransfer.files[0]);
  });

  // What a drawing takes from the style sheet; as attributes of its own it looks the same without it.
  const STYLES = [
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap",
    "stroke-linejoin", "stroke-opacity", "opacity", "font-family", "font-size", "font-weight", "text-anchor",
    "dominant-baseline", "visibility", "display", "paint-order", "transform", "transform-origin", "transform-box",
  ];

  const drawing = (selector) => {
    const original = document.querySelector(selector);
    const copy = original.cloneNode(true);
    const parts = [...original.querySelectorAll("*")];
    [...copy.querySelectorAll("*")].forEach((part, place) => {
      const style = getComputedStyle(parts[place]);
      const kept = STYLES.filter((name) => style.getPropertyValue(name));
      // Through the object: the page's policy refuses the attribute.
      for (const name of kept) part.style.setProperty(name, style.getPropertyValue(name));
    });
    const { width, height } = original.getBoundingClientRect();
    const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    paper.setAttribute("width", "100%");
    paper.setAttribute("height", "100%");
    paper.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
    copy.prepend(paper);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    return { text: new XMLSerializer().serializeToString(copy), width, height };
  };

  return {
    download: (name, kind, text) => save(name, new Blob([text], { type: kind })),

    copy: async (field, status) => {
      try {
        await navigator.clipboard.writeText(field.value);
        status.textContent = "Copied.";
      } catch {
        field.select();
        status.textContent = "Press Ctrl+C (⌘C) to copy it.";
      }
    },

    picture: async (selector, kind) => {
      const { text, width, height } = drawing(selector);
      const svg = new Blob([text], { type: "image/svg+xml" });
      if (kind === "svg") return save("mini-raft.svg", svg);
      const image = new Image();
      image.src = URL.createObjectURL(svg);
      await image.decode();
      const canvas = document.createElement("canvas");
      // Twice as fine as the screen, for print.
      [canvas.width, canvas.height] = [width * 2, height * 2];
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(image.src);
      canvas.toBlob((blob) => save("mini-raft.png", blob));
    },

    openedName: () => opened.name,
    openedText: () => opened.text,

    focus: (element) => element.focus(),

    embed: (panels) => {
      if (panels) document.documentElement.dataset.embed = panels;
      else delete document.documentElement.dataset.embed;
    },
  };
})();
