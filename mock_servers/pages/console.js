// Adds a button to each element that is worth copying. What is copied stands on the page already.
"use strict";
(() => {
  const status = document.createElement("span");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  document.querySelector("main").append(status);

  async function copy(button, text) {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      status.textContent = `Copied ${button.dataset.what}`;
    } catch {
      button.textContent = "Not copied";
      status.textContent = "The browser did not allow it: select the text and copy it";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }

  for (const element of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link copy";
    button.textContent = "Copy";
    button.dataset.what = element.dataset.copy;
    button.setAttribute("aria-label", `Copy ${element.dataset.copy}`);
    button.addEventListener("click", () => copy(button, element.textContent));
    element.after(button);
  }
})();
