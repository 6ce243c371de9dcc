// A form says what matters while it is typed, without asking the server: fields that appear, what is wrong or unusual,
// and the risk. The answers are those the server gives.
import assert from "node:assert/strict";
import { test } from "node:test";
import { book, daysAgo, fill, inCounty, routine } from "../county.js";

const shown = (page) => page.locator("#consequence").innerText();

/** What the server says of the same form. */
const served = (page) =>
  page.evaluate(async () => {
    const form = document.querySelector("form.record");
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "check");
    const answer = await fetch(form.dataset.preview, { method: "POST", body, headers: { "x-csrf-token": form.elements.csrf.value } });
    const state = await answer.json();
    const box = document.createElement("div");
    box.innerHTML = state.consequence;
    document.body.append(box);
    const text = box.innerText;
    box.remove();
    return { text, fields: state.fields, hidden: state.hidden_groups };
  });

/** What the page shows of each field. */
const seen = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("form.record [data-field]")].map((box) => ({
      name: box.dataset.field,
      hidden: box.hidden,
      wrong: [...box.querySelectorAll(".against .wrong")].map((one) => one.textContent),
      asks: [...box.querySelectorAll(".asks input")].map((one) => one.name.replace("reason.", "")),
    })),
  );

test("a visit is judged in the browser as the server judges it", async () => {
  await inCounty("live", async ({ open, shot }) => {
    const township = await open("township_worker");
    const person = await book(township, "白小云", "1994-03-02", 170, 110);
    const page = await open("county_worker");
    await page.goto(`${person}/forms/maternal/antenatal`);
    await page.waitForLoadState("networkidle");
    const asked = [];
    page.on("request", (request) => request.method() === "POST" && asked.push(new URL(request.url()).pathname.split("/").pop()));

    await fill(page, { ...routine, fundal_height_cm: "24", next_visit_on: daysAgo(-28) });
    assert.match(await shown(page), /未评估|绿色|黄色/, "the risk is shown");
    const text = page.locator("[data-field='f.classification_text']");
    assert.equal(await text.isVisible(), false);
    await fill(page, { classification: "abnormal" });
    assert.equal(await text.isVisible(), true, "a field appears at once");
    await fill(page, { systolic_mmhg: "１６５", diastolic_mmhg: "112" });
    assert.match(await page.locator("[data-field='f.systolic_mmhg']").innerText(), /通常在/, "what is unusual asks for a reason");
    assert.ok(await page.locator("#consequence .alert").count(), "the alert is told while typing");
    await fill(page, { weight_kg: "9" });
    assert.match(await page.locator("[data-field='f.weight_kg']").innerText(), /应在 25.0 到 220.0 kg 之间/);
    await fill(page, { weight_kg: "六十" });
    assert.match(await page.locator("[data-field='f.weight_kg']").innerText(), /应为数字/);
    await fill(page, { weight_kg: "61.5", systolic_mmhg: "100" });
    assert.match(await page.locator("[data-field='f.systolic_mmhg']").innerText(), /收缩压应高于舒张压/);
    await fill(page, { systolic_mmhg: "165" });
    assert.deepEqual(asked, [], "the server was not asked");
    await shot(page, "1-judged-here");

    // The same form, judged by the server.
    const server = await served(page);
    assert.equal(server.text, await shown(page));
    const ours = await seen(page);
    const theirs = server.fields.map((one) => ({ name: one.name, hidden: one.hidden, wrong: one.wrong, asks: one.asks.map(([key]) => key) }));
    const fieldsOf = (list) => list.filter((one) => theirs.some((known) => known.name === one.name));
    assert.deepEqual(fieldsOf(ours), theirs);

    // Without a network the page still judges.
    await page.context().setOffline(true);
    await fill(page, { systolic_mmhg: "118", diastolic_mmhg: "74" });
    assert.equal(await page.locator("#consequence .alert").count(), 0, "the alert is gone");
    await page.context().setOffline(false);

    // Another day has other earlier values: these come from the server, once.
    asked.length = 0;
    await fill(page, { occurred_on: daysAgo(3) });
    await page.waitForResponse((answer) => answer.url().endsWith("/standing"));
    await fill(page, { hb_g_per_l: "96" });
    assert.deepEqual(asked, ["standing"]);

    const time = await page.evaluate(async () => {
      const input = document.querySelector("[name='f.hb_g_per_l']");
      const started = performance.now();
      for (let at = 0; at < 50; at += 1) {
        input.value = String(90 + (at % 30));
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }
      return (performance.now() - started) / 50;
    });
    console.log(`${time.toFixed(2)} ms from a keystroke to the judged form`);
    await shot(page, "2-again");

    // A reader who may not see infections gets the rest at once, and the server completes it.
    await township.goto(`${person}/forms/maternal/antenatal`);
    await township.waitForLoadState("networkidle");
    const sheet = await township.evaluate(async () => (await fetch(document.querySelector("form.record").dataset.sheet)).text());
    const content = sheet + (await township.content());
    for (const word of ["梅毒", "HIV", "艾滋", "syphilis"]) assert.ok(!content.includes(word), `${word} is in what the township gets`);
    await fill(township, { ...routine, fundal_height_cm: "24", systolic_mmhg: "165", diastolic_mmhg: "112", next_visit_on: daysAgo(-28) });
    await township.waitForSelector("#consequence .alert");
    const phone = await open("county_worker", { width: 390 });
    await phone.goto(`${person}/forms/maternal/antenatal`);
    await phone.waitForLoadState("networkidle");
    await fill(phone, { ...routine, systolic_mmhg: "165", diastolic_mmhg: "112" });
    await shot(phone, "3-phone");
  });
});
