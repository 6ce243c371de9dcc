// Shows who is meant while a name or number is being typed into the search of the page. Arrow keys choose, Enter opens.
// Without this script the button "find" opens the page of results.
const form = document.querySelector("form.find");
const input = form?.querySelector("input[type=search]");
const pause = 150;
let timer = 0;
let asked = 0;
let chosen = -1;

const list = document.createElement("div");
list.id = "found";
list.className = "found";
list.setAttribute("role", "listbox");
list.hidden = true;

const options = () => [...list.querySelectorAll("[role=option]")];

function close() {
  asked += 1;
  list.hidden = true;
  choose(-1);
}

function choose(at) {
  chosen = at;
  options().forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
  const option = options()[at];
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-expanded", String(!list.hidden));
}

async function find() {
  const number = ++asked;
  if (!input.value.trim()) return close();
  try {
    // Numbers of persons do not belong into addresses.
    const answer = await fetch(form.dataset.found, {
      method: "POST",
      body: new URLSearchParams({ q: input.value }),
      headers: { "x-csrf-token": form.elements.csrf.value },
    });
    if (!answer.ok || number !== asked) return;
    // Rendered and escaped by the server.
    list.innerHTML = await answer.text();
    list.hidden = false;
    choose(-1);
  } catch {
    // Offline: nobody can be found.
  }
}

function keys(event) {
  if (event.isComposing || list.hidden) return;
  const count = options().length;
  if (event.key === "Escape") close();
  else if (event.key === "ArrowDown" && count) choose((chosen + 1) % count);
  else if (event.key === "ArrowUp" && count) choose((chosen <= 0 ? count : chosen) - 1);
  else if (event.key === "Enter" && chosen >= 0) options()[chosen].click();
  else return;
  event.preventDefault();
}

if (input) {
  form.append(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, pause);
  });
  input.addEventListener("keydown", keys);
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) close();
  });
}
