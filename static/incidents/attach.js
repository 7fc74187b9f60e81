/* Says before sending that a file is too large, and while it is sent that it is. The server checks again. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-attach]");
  var input = form && form.querySelector("input[type=file]");
  var says = form && form.querySelector("[data-attach-says]");
  if (!input || !says) { return; }
  function isTooLarge() {
    var file = input.files && input.files[0];
    return Boolean(file) && file.size > Number(input.dataset.limit);
  }
  function say(words) {
    says.textContent = words;
    says.hidden = !words;
  }
  input.addEventListener("change", function () { say(isTooLarge() ? form.dataset.tooLarge : ""); });
  form.addEventListener("submit", function (event) {
    if (isTooLarge()) {
      event.preventDefault();
      say(form.dataset.tooLarge);
      input.focus();
    } else if (input.files && input.files.length) {
      says.classList.remove("error");
      say(form.dataset.sending);
    }
  });
  window.addEventListener("pageshow", function () { says.classList.add("error"); say(""); });
})();
