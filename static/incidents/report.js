/* The marking decides which audiences are possible: takes away what the chosen one does not allow. The server checks again. */
(function () {
  "use strict";
  var group = document.getElementById("sharing");
  if (!group) { return; }
  var allowed = JSON.parse(group.dataset.allowed);
  function boxes() { return group.querySelectorAll("input[name=audience]"); }
  function apply() {
    var marking = group.querySelector("input[name=marking]:checked");
    boxes().forEach(function (box) {
      var possible = marking && allowed[marking.value].indexOf(box.value) !== -1;
      if (!possible && box.checked) { box.checked = false; box.dataset.was = "1"; }
      if (possible && box.dataset.was) { box.checked = true; delete box.dataset.was; }
      box.disabled = !possible;
    });
    var red = marking && marking.value === "TLP:RED";
    var persons = group.querySelector("input[name=audience][value=named_persons]");
    if (red && persons) { persons.checked = true; }
  }
  group.addEventListener("change", function (event) { if (event.target.name === "marking") { apply(); } });
  apply();
})();
