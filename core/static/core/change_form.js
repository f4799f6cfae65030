"use strict";
// Select2 names a field by what is chosen in it alone, and tells of no error.
django.jQuery(() => {
  for (const select of document.querySelectorAll("#content-main > form .admin-autocomplete")) {
    const box = select.parentElement.querySelector("[role=combobox]");
    const [label] = select.labels;
    label.id = `${select.id}_label`;
    box.setAttribute("aria-labelledby", `${label.id} ${box.getAttribute("aria-labelledby")}`);
    for (const name of ["aria-invalid", "aria-describedby"])
      if (select.hasAttribute(name)) box.setAttribute(name, select.getAttribute(name));
    const chosen = box.querySelector("[role=textbox]");
    for (const name of ["role", "aria-readonly"]) chosen.removeAttribute(name);
  }
});
