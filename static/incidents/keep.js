/* Keeps what is typed: a few seconds after the last key the form is saved as a draft on the server, also when the session
   has ended meanwhile. Without this script the button "Save draft" does the same. */
(function () {
  "use strict";
  var line = document.getElementById("kept");
  if (!line || !window.fetch || !window.FormData) { return; }
  var form = line.closest("form");
  var wait = 3000;
  var longest = 60000;
  var timer = null;
  var busy = false;
  var typedSince = false;
  var over = false;
  function say(text) { line.textContent = text; }
  function field(name) { return form.elements.namedItem(name); }
  function later(after) { window.clearTimeout(timer); timer = window.setTimeout(save, after); }
  function saved(answer) {
    wait = 3000;
    field("revision").value = answer.revision;
    field("submission").value = answer.submission;
    field("keep").value = answer.keep;
    say(answer.said);
  }
  function settle(response) {
    if (response.status === 404) { over = true; say(line.dataset.closed); return null; }
    if (response.status === 413) { say(line.dataset.large); return null; }
    if (response.status === 409) { return response.json().then(function (answer) { say(answer.said); }); }
    if (!response.ok) { throw new Error("not saved"); }
    return response.json().then(saved);
  }
  function save() {
    if (busy || over) { return; }
    busy = true;
    typedSince = false;
    var body = new URLSearchParams(new FormData(form));
    body.delete("csrfmiddlewaretoken");
    fetch(line.dataset.keep, { method: "POST", body: body, credentials: "omit" }).then(settle).catch(function () {
      say(line.dataset.lost);
      typedSince = true;
      wait = Math.min(wait * 2, longest);
    }).then(function () {
      busy = false;
      if (typedSince && !over) { later(wait); }
    });
  }
  function typed() { typedSince = true; if (!busy) { later(wait); } }
  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  form.addEventListener("submit", function () { over = true; window.clearTimeout(timer); });
  window.addEventListener("online", function () { if (typedSince) { wait = 3000; later(0); } });
  window.addEventListener("pageshow", function (event) { if (event.persisted) { over = false; } });
})();
