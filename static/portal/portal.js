// Improves pages that already work without it: one send per press, a warning before text is lost, menus that close.
(() => {
  "use strict";

  // The error summary is read first, and "Error:" is heard first in the title of the tab.
  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();

  // A second press while the first is under way sends nothing. Buttons are not disabled: their name must be sent.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    delete form.dataset.changed;
    if (event.submitter) event.submitter.setAttribute("aria-disabled", "true");
  });
  // Coming back with the browser's button: the form can be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
    }
  });

  // <form data-watch>: the browser asks before leaving with text that was not sent.
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-watch]");
    if (form) form.dataset.changed = "yes";
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-watch][data-changed]")) event.preventDefault();
  });

  // The menu of the person closes with Escape or a touch elsewhere.
  const menu = document.querySelector("details.person");
  if (menu) {
    document.addEventListener("click", (event) => {
      if (menu.open && !menu.contains(event.target)) menu.open = false;
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }

  // A link from the error summary opens what is folded around its field.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".error-summary a");
    const target = link && document.getElementById(link.hash.slice(1));
    if (!target) return;
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    event.preventDefault();
    target.scrollIntoView({ block: "center" });
    target.focus();
  });
})();
