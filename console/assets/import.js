// Everything works without this file; it takes a file that is dropped anywhere on the frame, and moves the bar.
(() => {
  "use strict";

  const drop = document.querySelector(".drop");
  if (drop) {
    const input = drop.querySelector("input[type=file]");
    const chosen = drop.querySelector(".chosen");
    const show = () => {
      const file = input.files[0];
      chosen.textContent = !file ? "" : file.size < 1e6 ? Math.ceil(file.size / 1e3) + " kB" : (file.size / 1e6).toFixed(1) + " MB";
      drop.classList.toggle("has-file", Boolean(file));
    };
    input.addEventListener("change", show);
    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (e) => { e.preventDefault(); drop.classList.add("over"); });
    }
    drop.addEventListener("dragleave", (e) => { if (!drop.contains(e.relatedTarget)) drop.classList.remove("over"); });
    drop.addEventListener("drop", (e) => {
      e.preventDefault();
      drop.classList.remove("over");
      if (e.dataTransfer.files.length !== 1) { chosen.textContent = drop.dataset.one; return; }
      input.files = e.dataTransfer.files;
      show();
    });
    drop.closest("form").addEventListener("submit", (e) => {
      chosen.textContent = drop.dataset.uploading;
      e.target.querySelector("button").disabled = true;
    });
    window.addEventListener("pageshow", (e) => { // back from the next page: the button works again
      if (e.persisted) { drop.closest("form").querySelector("button").disabled = false; show(); }
    });
  }

  const progress = document.querySelector("[data-events]");
  if (progress) {
    const events = new EventSource(progress.dataset.events);
    let heard = Date.now();
    events.addEventListener("progress", (e) => {
      heard = Date.now();
      progress.replaceChildren(...new DOMParser().parseFromString(e.data, "text/html").body.childNodes);
    });
    const reload = () => { events.close(); location.replace(location.pathname); };
    events.addEventListener("rest", reload);
    // Where events do not come through, the page as a whole is asked for.
    setInterval(() => { if (Date.now() - heard > 15000 && !document.hidden) reload(); }, 5000);
  }
})();
