// The form of a person: an identity number tells the birthday and the sex, and Enter moves on to what is still to be typed.
// The server checks the number; what is filled in here can be changed.
const form = document.querySelector("form[data-person]");
const NUMBER = /^\d{6}(\d{4})(\d{2})(\d{2})\d{2}(\d)[\dXx]$/;
const controls = form.elements;

const halfWidth = (text) => text.trim().replace(/[\uff01-\uff5e]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0));

form.addEventListener("input", (event) => {
  const found = event.target === controls.id_no && controls.id_type.value === "identity_card" && NUMBER.exec(halfWidth(controls.id_no.value));
  if (!found) return;
  const [, year, month, day, order] = found;
  controls.birth_on.value = `${year}-${month}-${day}`;
  controls.sex.value = Number(order) % 2 ? "male" : "female";
});

form.addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.key !== "Enter" || event.isComposing || !at.matches("input, select")) return;
  const quick = ["name", "id_no", "birth_on", "phone", "residence"];
  const place = quick.indexOf(at.name);
  if (place < 0) return;
  event.preventDefault();
  // A number may be empty, and a place of residence is always chosen from a list.
  const next = quick.slice(place + 1).find((name) => controls[name].value === "" || name === "residence");
  (next ? controls[next] : form.querySelector("button")).focus();
});
