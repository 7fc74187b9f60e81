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
  var refused = false;
  var language = document.querySelector("form.language input[name=next]");
  var sending = window.AbortController ? new AbortController() : null;
  function say(text) { line.textContent = text; }
  function field(name) { return form.elements.namedItem(name); }
  function later(after) { window.clearTimeout(timer); timer = window.setTimeout(save, after); }
  function saved(answer) {
    wait = 3000;
    field("revision").value = answer.revision;
    field("submission").value = answer.submission;
    field("keep").value = answer.keep;
    refused = false;
    line.classList.remove("error");
    say(answer.said);
    if (!typedSince) { delete form.dataset.changed; }
    // The switch of the language leads back to what is kept, not to an empty form.
    if (language) { language.value = window.location.pathname + "?draft=" + answer.submission; }
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
    var request = { method: "POST", body: body, credentials: "omit" };
    if (sending) { request.signal = sending.signal; }
    fetch(line.dataset.keep, request).then(settle).catch(function () {
      if (over) { return; }
      say(refused ? line.dataset.offline : line.dataset.lost);
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
  // What is under way when the form is sent could arrive after it, and would be taken for another text.
  function stop() { over = true; window.clearTimeout(timer); if (sending) { sending.abort(); } }
  form.addEventListener("submit", function (event) {
    if (navigator.onLine) { stop(); return; }
    event.preventDefault();
    refused = true;
    typedSince = true; // saved, and said to be, as soon as the line is back
    line.classList.add("error");
    say(line.dataset.offline);
    line.focus();
  });
  window.addEventListener("online", function () { if (typedSince) { wait = 3000; later(0); } });
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) { return; }
    over = false;
    if (sending) { sending = new AbortController(); }
  });
})();
