// Brings new exchanges to the list, every two seconds while somebody looks; what is there already stays untouched, and clears them.
"use strict";
(() => {
  const EVERY = 2000;
  const list = document.getElementById("exchanges");
  const bar = document.getElementById("refresh");
  const button = document.getElementById("auto");
  const clear = document.getElementById("clear");
  const news = document.getElementById("news");
  const ids = (root) => [...root.children].map((row) => row.id);

  function show(fresh) {
    const known = new Set(ids(list));
    const kept = new Set(ids(fresh));
    const added = [...fresh.children].filter((row) => !known.has(row.id));
    for (const row of [...list.children]) {
      if (!kept.has(row.id) && !row.contains(document.activeElement)) row.remove();
    }
    list.prepend(...added);
    document.getElementById("none").hidden = list.children.length > 0;
    if (added.length) news.textContent = added.length === 1 ? "1 new exchange" : `${added.length} new exchanges`;
  }

  async function refresh() {
    const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    show(page.getElementById("exchanges"));
  }

  async function tick() {
    if (button.getAttribute("aria-pressed") === "true" && !document.hidden) {
      try {
        await refresh();
        bar.classList.remove("lost");
      } catch {
        if (!bar.classList.contains("lost")) news.textContent = "The mock does not answer; trying again";
        bar.classList.add("lost");
      }
    }
    setTimeout(tick, EVERY);
  }

  button.addEventListener("click", () => {
    const pressed = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!pressed));
    news.textContent = pressed ? "The list stays as it is" : "";
  });
  clear.addEventListener("click", async () => {
    try {
      const answer = await fetch(location.pathname, { method: "DELETE" });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      await refresh();
      news.textContent = "The list is empty";
    } catch {
      news.textContent = "The mock did not clear its journal";
    }
  });
  bar.hidden = false;
  setTimeout(tick, EVERY);
})();
