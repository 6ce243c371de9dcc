// Logging in and changing the password: while the server checks the password, a lock is made of it, behind which kept
// forms are opened where there is no network. The password itself goes nowhere else. Without this script the forms are
// sent as they are.
import { lockOf } from "./lock.js";
import { session } from "./sending.js";

const selector = "form[data-lock]";

/** Shows what the server says of a refused password. */
function say(html) {
  const said = new DOMParser().parseFromString(html, "text/html").getElementById("main");
  document.getElementById("main").replaceWith(document.adoptNode(said));
  listen();
  document.querySelector(`${selector} input[type=password]`)?.focus();
}

async function send(form) {
  const body = new URLSearchParams(new FormData(form));
  const lock = lockOf(body.get(form.dataset.lock));
  const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
  if (answer.type !== "opaqueredirect") return say(await answer.text());
  const found = lock && (await session());
  if (found?.drafts) await lock.close(found.drafts, found.draftKey).catch(() => {});
  location.assign("/");
}

function listen() {
  const form = document.querySelector(selector);
  let isSent = false;
  form?.addEventListener("submit", (event) => {
    if (isSent) return event.preventDefault();
    if (!globalThis.crypto?.subtle) return;
    event.preventDefault();
    isSent = true;
    // Whatever stands against the script, the form itself works.
    send(form).catch(() => form.submit());
  });
}

listen();
