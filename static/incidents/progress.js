// While work goes on, look again every few seconds; when it has ended, load the page as it then is.
"use strict";
(() => {
  const EVERY = 2500;
  const place = () => document.querySelector("[data-again]");
  const look = async () => {
    try {
      const answer = await fetch(window.location.href, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const newer = page.querySelector("[data-again]");
      if (!newer) {
        window.location.reload();
        return;
      }
      const bar = place().querySelector("progress");
      const measured = newer.querySelector("progress[value]");
      if (measured && bar) place().querySelector(".progress").replaceWith(newer.querySelector(".progress"));
    } catch {
      // The line is down: the link "Look again" is still there.
    }
    window.setTimeout(look, EVERY);
  };
  if (place()) window.setTimeout(look, EVERY);
})();
