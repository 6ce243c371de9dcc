// How pages look: light or dark as the computer says, or as a person chose on this computer; printed, all of a page.
// Runs before the page is drawn, so that nothing flashes.
{
  const KEY = "fuyou.look";
  const root = document.documentElement;
  const computer = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = localStorage.getItem(KEY);
  } catch {
    // A browser that keeps nothing follows the computer.
  }
  if (chosen === "light" || chosen === "dark") root.dataset.look = chosen;

  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("look");
    const isDark = () => (root.dataset.look ?? (computer.matches ? "dark" : "light")) === "dark";
    const name = () => (button.textContent = isDark() ? button.dataset.light : button.dataset.dark);
    button.addEventListener("click", () => {
      root.dataset.look = isDark() ? "light" : "dark";
      try {
        localStorage.setItem(KEY, root.dataset.look);
      } catch {
        // Then it lasts until the next page.
      }
      name();
    });
    computer.addEventListener("change", name);
    name();
    button.hidden = false;
    // On a phone the menu is one line that is pushed aside.
    const menu = document.querySelector(".menu ul");
    const here = menu?.querySelector("[aria-current]");
    if (here) menu.scrollLeft = here.offsetLeft - menu.clientWidth / 2;
  });

  addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-print]")) {
      button.addEventListener("click", () => print());
      button.hidden = false;
    }
  });

  // What is folded away belongs on paper, too.
  // Of those that share a name only one is open: they lend it out meanwhile.
  let folded = [];
  let named = [];
  addEventListener("beforeprint", () => {
    named = [...document.querySelectorAll("main details[name]")].map((one) => [one, one.name]);
    named.forEach(([one]) => one.removeAttribute("name"));
    folded = [...document.querySelectorAll("main details:not([open])")].filter((one) => !one.closest(".attempt"));
    folded.forEach((one) => (one.open = true));
  });
  addEventListener("afterprint", () => {
    folded.forEach((one) => (one.open = false));
    named.forEach(([one, name]) => (one.name = name));
  });
}
