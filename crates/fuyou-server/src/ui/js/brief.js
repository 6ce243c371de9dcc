// The short form: asks for what must be filled in and has no usual value, names the rest, and fills it in when a person
// says that it is as usual. The pack says what is usual; where it says nothing the form is whole.
// Keys: Enter moves on, and so does a number that no further digit fits; a digit chooses, F8 takes the rest as usual, F9
// does so and saves, F7 shows the whole form, ? explains.
import { scaleOf } from "./reading.js";
import { element } from "./showing.js";

const isChoice = (control) => control.type === "radio" || control.type === "checkbox";

const controlsOf = (box) => [...box.querySelectorAll("input, select, textarea")].filter((one) => !one.closest(".ask"));

/** What a field holds, as it is typed. */
function heldBy(box) {
  const given = controlsOf(box).filter((one) => (isChoice(one) ? one.checked : true));
  return given.map((one) => one.value.trim()).filter((one) => one !== "").join(",");
}

/** A field's value in words. */
function told(box, value, and) {
  const titles = value.split(",").map((one) => box.querySelector(`input[value="${CSS.escape(one)}"]:is([type=radio],[type=checkbox])`)?.nextElementSibling?.textContent);
  const named = box.querySelector("input[list=staff]") ? "#staff option" : null;
  const options = named ? document.querySelectorAll(named) : box.querySelectorAll("option");
  const option = [...options].find((one) => one.value === value);
  return option?.textContent ?? (titles.every(Boolean) ? titles.join(and) : value);
}

const labelOf = (box) => box.querySelector("legend, label")?.firstChild?.textContent.trim() ?? "";

function put(box, value) {
  const wanted = value.split(",");
  for (const control of controlsOf(box)) {
    if (isChoice(control)) control.checked = wanted.includes(control.value);
    else control.value = value;
  }
}

/** Makes a form short when its pack says what is usual; null when it does not. */
export class Brief {
  static of(form, check) {
    return form.querySelector("[data-field][data-usual]") ? new Brief(form, check) : null;
  }

  constructor(form, check) {
    this.form = form;
    this.check = check;
    this.words = form.dataset;
    this.boxes = [...form.querySelectorAll("[data-section] > .fields > [data-field]")];
    this.usual = this.boxes.filter((box) => box.dataset.usual);
    this.card = element("section", "card usual", "");
    this.list = element("p", "proposals", "");
    this.button = element("button", "quiet", this.words.usual);
    this.button.type = "button";
    this.button.setAttribute("aria-keyshortcuts", "F8");
    this.button.addEventListener("click", () => this.take());
    this.finish = element("button", "", this.words.usualSave);
    this.finish.type = "button";
    this.finish.dataset.finish = "";
    this.finish.setAttribute("aria-keyshortcuts", "F9");
    this.finish.addEventListener("click", () => this.save());
    this.switch = element("button", "link", this.words.whole);
    this.switch.type = "button";
    this.switch.setAttribute("aria-keyshortcuts", "F7");
    this.switch.addEventListener("click", () => this.toggle());
    const row = element("div", "row", "");
    row.append(this.finish, this.button, this.switch);
    this.card.append(element("h2", "", this.words.rest), this.list, element("p", "hint", this.words.advice), row);
    form.querySelector(".record-grid > div").append(this.card);
    form.classList.add("brief");
    this.show();
  }

  /** What is typed, and where nothing is, what is usual. */
  asUsual(typed) {
    const usual = new Map(this.usual.map((box) => [box.dataset.field, box.dataset.usual]));
    return (name) => typed(name) || (usual.get(name) ?? "");
  }

  /** Takes note of what must be filled in once the rest is as usual. */
  want(desk) {
    const required = desk.required();
    const wanted = new Set(desk.sheet.fields.filter((field, at) => field && required[at]).map((field) => `f.${field.id}`));
    for (const box of this.boxes) box.dataset.wanted = String(wanted.has(box.dataset.field));
  }

  /** Which fields are asked for, and what the others hold or would hold. */
  show() {
    const isBrief = this.form.classList.contains("brief");
    const lines = [];
    for (const box of this.boxes) {
      const held = heldBy(box);
      const isAnswered = held !== "" && held === box.dataset.usual;
      const isAsked =
        (box.dataset.wanted === "true" || box.querySelector(".required, .ask, .wrong, .theirs") !== null) && !(box.dataset.usual && (held === "" || isAnswered) && !box.querySelector(".ask, .wrong, .theirs"));
      // What is filled in otherwise is shown.
      const isAside = !isAsked && (held === "" || isAnswered);
      box.classList.toggle("aside", isAside);
      if (isAside && !box.hidden && box.dataset.usual) lines.push([box, held === "" ? box.dataset.usual : held, held !== ""]);
    }
    for (const section of this.form.querySelectorAll("[data-section]")) {
      const parts = [...section.querySelectorAll("[data-field]:not([hidden])")];
      section.classList.toggle("aside", section.querySelector("[data-group]:not([hidden])") === null && parts.every((part) => part.classList.contains("aside")));
    }
    this.card.hidden = !isBrief;
    const open = lines.some(([, , isHeld]) => !isHeld);
    this.button.hidden = !open;
    this.finish.hidden = !open;
    this.isOpen = isBrief && open;
    const chips = lines.map(([box, value, isHeld]) => {
      const chip = element("button", isHeld ? "chip held" : "chip", `${labelOf(box)} ${told(box, value, this.words.and)}`);
      chip.type = "button";
      chip.tabIndex = -1;
      chip.addEventListener("click", () => this.open(box));
      return chip;
    });
    const said = chips.map((chip) => chip.className + chip.textContent).join();
    // What is said already is left alone, or a screen reader would say it again.
    if (said !== this.said) this.list.replaceChildren(...chips);
    this.said = said;
  }

  /** The rest is as usual. */
  take() {
    for (const box of this.usual) if (!box.hidden && heldBy(box) === "") put(box, box.dataset.usual);
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
    this.check();
    this.form.querySelector("button[value=save]").focus();
  }

  /** The rest is as usual, and that is all. */
  save() {
    if (this.isOpen) this.take();
    this.form.querySelector("button[value=save]").click();
  }

  toggle() {
    this.form.classList.toggle("brief");
    this.show();
    if (!this.form.classList.contains("brief")) this.boxes[0]?.scrollIntoView({ block: "center" });
  }

  open(box) {
    this.form.classList.remove("brief");
    this.show();
    controlsOf(box)[0]?.focus();
  }

  /** Where typing begins. */
  begin() {
    const first = this.boxes.find((box) => !box.hidden && !box.classList.contains("aside") && heldBy(box) === "");
    (first ? controlsOf(first)[0] : this.finish)?.focus();
  }
}

const NARROW = /[０-９．]/g;
const narrow = (text) => text.trim().replace(NARROW, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0));

/** Whether a number is typed as far as it can be: another digit would be beyond its limit, or beyond its decimals. */
export function isComplete(field, text) {
  const typed = narrow(text);
  const scale = field.kind === "integer" ? 0 : field.kind.startsWith("decimal") ? scaleOf(field.kind) : null;
  if (scale === null || !field.hard || !/^\d+(\.\d+)?$/.test(typed)) return false;
  const [whole, decimals = ""] = typed.split(".");
  if (decimals) return decimals.length === scale;
  return scale === 0 && Number(`${whole}0`) > Number(field.hard[1]) && Number(whole) >= Number(field.hard[0]);
}

/** The keys of the form of a record. */
export function keys(form, brief) {
  const help = document.getElementById("key-help");
  const ask = document.getElementById("keys");
  ask.hidden = false;
  ask.addEventListener("click", () => help.showModal());
  const save = () => (brief ? brief.save() : form.querySelector("button[value=save]").click());
  const deeds = { F7: () => brief?.toggle(), F8: () => brief?.take(), F9: save };
  return (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return false;
    const typing = event.target.matches("input:not([type=radio]):not([type=checkbox]), select, textarea");
    const deed = event.key === "?" && !typing ? () => help.showModal() : deeds[event.key];
    if (!deed) return false;
    event.preventDefault();
    deed();
    return true;
  };
}
