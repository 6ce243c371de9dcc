// Improves the form of a record: what saving would lead to is shown while typing, Enter moves on.
// Without this script the button "check" does the same.
const form = document.querySelector("form.record");

const pause = 350;
let timer = 0;
let asked = 0;

const all = (selector) => [...form.querySelectorAll(selector)];

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function showField(found) {
  const box = all("[data-field]").find((box) => box.dataset.field === found.name);
  if (!box) return;
  box.hidden = found.hidden;
  const label = box.querySelector("legend, label");
  if (label && box.dataset.field !== "occurred_on") label.classList.toggle("required", found.required);
  if (found.computed !== null) box.querySelector("output").textContent = found.computed || "–";
  box.classList.toggle("bad", found.wrong.length > 0);
  const against = box.querySelector(".against");
  if (against) against.replaceChildren(...found.wrong.map((text) => element("span", "wrong", text)));
  const asks = box.querySelector(".asks");
  if (!asks) return;
  const kept = new Map([...asks.querySelectorAll("input")].map((input) => [input.name, input]));
  const wanted = found.asks.map(([key]) => `reason.${key}`);
  for (const [name, input] of kept) if (!wanted.includes(name)) input.closest(".ask").remove();
  for (const [key, message] of found.asks) {
    if (kept.has(`reason.${key}`)) continue;
    const ask = element("label", "ask", "");
    const input = document.createElement("input");
    input.name = `reason.${key}`;
    input.placeholder = form.dataset.reason;
    ask.append(element("span", "", message), input);
    asks.append(ask);
  }
}

function show(state) {
  state.fields.forEach(showField);
  for (const group of all("[data-group]")) group.hidden = state.hidden_groups.includes(group.dataset.group);
  for (const section of all("[data-section]")) {
    const parts = [...section.querySelectorAll("[data-field], [data-group]")];
    section.hidden = parts.length > 0 && parts.every((part) => part.hidden);
  }
  // Rendered and escaped by the server.
  if (state.consequence) document.getElementById("consequence").innerHTML = state.consequence;
}

async function preview() {
  const number = ++asked;
  const body = new URLSearchParams(new FormData(form));
  body.set("do", "check");
  try {
    const answer = await fetch(form.dataset.preview, {
      method: "POST",
      body,
      headers: { "x-csrf-token": form.elements.csrf.value },
    });
    // An older answer must not overwrite a newer one.
    if (answer.ok && number === asked) show(await answer.json());
  } catch {
    // Offline: saving will check.
  }
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(preview, pause);
}

function moveOn(event) {
  const at = event.target;
  if (event.key !== "Enter" || event.isComposing || !at.matches("input, select")) return;
  event.preventDefault();
  const stops = all("input:not([type=hidden]), select, textarea, button[value=save]").filter(
    (stop) => stop.offsetParent !== null && (stop.type !== "radio" || stop.checked || first(stop)),
  );
  const next = stops.slice(stops.indexOf(at) + 1).find((stop) => stop.name !== at.name);
  next?.focus();
  next?.select?.();
}

function first(radio) {
  const same = all(`input[name="${CSS.escape(radio.name)}"]`);
  return same[0] === radio && !same.some((other) => other.checked);
}

if (form) {
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("keydown", moveOn);
  const problem = document.getElementById("problems");
  const wrong = form.querySelector(".bad input, .bad select, .ask input");
  if (problem) (wrong ?? problem).focus();
}
