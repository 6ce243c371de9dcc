// Rows copied from a spreadsheet go into a repeated group: from the field that they are pasted into to the right and
// downward. Rows that are missing are made by the server; what does not fit is said.
import { askWith } from "./keeping.js";
import { element } from "./showing.js";

const cellsOf = (row) => [...row.querySelectorAll("[data-field]:not(.computed)")];

/** Rows of cells of a copied range; null when it is one cell only. */
function rangeOf(text) {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
  return lines.length > 1 || lines[0].length > 1 ? lines : null;
}

/** What a form sends for a text: the code of a choice that is called so. */
function sentFor(box, text) {
  const typed = text.trim();
  const choices = [...box.querySelectorAll("input[type=radio], input[type=checkbox]")].map((one) => [one.value, one.nextElementSibling?.textContent.trim()]);
  const options = [...box.querySelectorAll("option")].map((one) => [one.value, one.textContent.trim()]);
  return [...choices, ...options].find(([, title]) => title === typed)?.[0] ?? typed;
}

/** Takes pasted ranges into the groups of a form. */
export function takeRanges(form, check) {
  form.addEventListener("paste", (event) => {
    const cell = event.target.closest(".group-row [data-field]");
    const range = cell && rangeOf(event.clipboardData?.getData("text/plain") ?? "");
    if (!range) return;
    event.preventDefault();
    put(form, cell, range, check);
  });
}

function put(form, cell, range, check) {
  const group = cell.closest("[data-group]");
  const rows = [...group.querySelectorAll(".group-row")];
  const names = cellsOf(rows[0]);
  const top = rows.indexOf(cell.closest(".group-row"));
  const left = cellsOf(rows[top]).indexOf(cell);
  const max = Number(group.dataset.max);
  const lines = range.slice(0, max - top);
  const left_out = range.length - lines.length + range.filter((line) => line.length > names.length - left).length;
  const values = new Map();
  lines.forEach((line, down) =>
    line.slice(0, names.length - left).forEach((text, right) => {
      const box = names[left + right];
      values.set(box.dataset.field.replace(/\.\d+\./, `.${top + down}.`), sentFor(box, text));
    }),
  );
  const count = Math.max(rows.length, top + lines.length);
  if (count > rows.length) return more(form, group, count, values);
  for (const [name, value] of values) {
    for (const control of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (control.type === "radio" || control.type === "checkbox") control.checked = value.split(",").includes(control.value);
      else control.value = value;
    }
  }
  if (left_out) group.append(element("p", "wrong", group.dataset.leftOut));
  form.dispatchEvent(new Event("input", { bubbles: true }));
  check();
}

/** Asks the server for the form with more rows, filled in. */
function more(form, group, count, values) {
  const pairs = [...new FormData(form)].filter(([name]) => !values.has(name) && name !== "do" && name !== `n.${group.dataset.group}`);
  askWith(form, [...pairs, ...values, [`n.${group.dataset.group}`, count]]);
}
