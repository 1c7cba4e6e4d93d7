// Everything works without this file; it refreshes the overview in place and adds copy buttons.
(() => {
  "use strict";

  const live = document.getElementById("live");
  if (live) {
    setInterval(async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (!answer.ok || answer.redirected) return;
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
        if (fresh) live.replaceChildren(...fresh.childNodes);
      } catch {
        // the hub is away for a moment; what is shown says when it was true
      }
    }, Number(live.dataset.refresh) * 1000);
  }

  if (navigator.clipboard) {
    for (const text of document.querySelectorAll(".copy")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link";
      button.textContent = document.body.dataset.copy;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "✓";
        setTimeout(() => { button.textContent = document.body.dataset.copy; }, 1500);
      });
      text.after(" ", button);
    }
  }
})();
