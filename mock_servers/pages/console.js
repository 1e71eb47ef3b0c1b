// Copies what a page shows: it adds a button to each element that is worth copying, and wires the buttons that there are,
// also those that come later. What is copied stands on the page already.
"use strict";
(() => {
  const status = document.createElement("span");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  document.body.append(status);
  document.documentElement.classList.add("scripted");

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

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copy]");
    const element = button && document.getElementById(button.dataset.copy);
    if (element) {
      copy(button, element.textContent, "the command");
    }
  });
})();
