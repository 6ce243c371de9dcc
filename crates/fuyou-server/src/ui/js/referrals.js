// The referral desk by keyboard: arrows go from line to line, and a letter takes a step in the line that has the focus.
// What asks for words opens and is typed into. After a step the next line has the focus. Without this script every step
// is a button.
const PLACE = "fuyou.referrals";
const lines = [...document.querySelectorAll("[data-line]")];
const here = () => lines.findIndex((line) => line.contains(document.activeElement));

function go(to) {
  const line = lines[Math.max(0, Math.min(to, lines.length - 1))];
  line?.focus();
  line?.scrollIntoView({ block: "nearest" });
}

function take(line, key) {
  const step = line.querySelector(`[aria-keyshortcuts="${CSS.escape(key)}"]`);
  if (!step) return false;
  const folded = step.closest("details");
  if (!folded) step.click();
  else {
    folded.open = true;
    folded.querySelector("textarea, input:not([type=hidden])")?.focus();
  }
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const at = here();
  if (event.key === "Escape" && at >= 0) {
    const folded = event.target.closest("details[open]");
    if (folded) folded.open = false;
    return go(at);
  }
  if (event.target.matches("input, textarea, select")) return;
  const moves = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
  if (event.key in moves) {
    event.preventDefault();
    return go(at < 0 ? 0 : at + moves[event.key]);
  }
  if (at < 0 || !/^[a-z]$/i.test(event.key)) return;
  if (take(lines[at], event.key.toUpperCase())) event.preventDefault();
});

// In a note Ctrl and Enter send it.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey && event.target.matches("[data-line] textarea")) event.target.form.querySelector("button").click();
});

for (const form of document.querySelectorAll("[data-line] form")) {
  form.addEventListener("submit", () => sessionStorage.setItem(PLACE, String(lines.findIndex((line) => line.contains(form)))));
}
document.querySelectorAll("kbd[hidden], .keys-hint[hidden]").forEach((one) => (one.hidden = false));
const before = sessionStorage.getItem(PLACE);
sessionStorage.removeItem(PLACE);
if (before !== null) go(Number(before));
