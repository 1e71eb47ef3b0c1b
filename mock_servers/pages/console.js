// Adds a button to each element that is worth copying, and serves the buttons that name what they copy by its id.
// What is copied stands on the page already.
"use strict";
(() => {
  const status = document.createElement("span");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  document.querySelector("main").append(status);

  async function copy(button, text, what) {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      status.textContent = `Copied ${what}`;
    } catch {
      button.textContent = "Not copied";
      status.textContent = "The browser did not allow it: select the text and copy it";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }

  for (const element of document.querySelectorAll("[data-copy]:not(button)")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${element.dataset.copy}`);
    button.addEventListener("click", () => copy(button, element.textContent, element.dataset.copy));
    element.after(button);
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button[data-copy]");
    const named = button && document.getElementById(button.dataset.copy);
    if (named) copy(button, named.textContent, (button.getAttribute("aria-label") ?? "it").replace(/^Copy /, ""));
  });
})();
