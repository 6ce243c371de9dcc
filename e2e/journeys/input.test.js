// What people do to a form: rows pasted from a spreadsheet, the same form in two tabs, a correction that is left and gone
// on with. Double clicks, the way back, notes too long and full-width digits are in drafts.test.js.
import assert from "node:assert/strict";
import { test } from "node:test";
import { book, daysAgo, fill, fillForm, go, inCounty, recordsOf, refer, routine, save } from "../county.js";

const visit = { ...routine, fundal_height_cm: "24", next_visit_on: daysAgo(-28), weight_kg: "61.5" };
const form = (person) => `${person}/forms/maternal/antenatal`;

/** Pastes a text into the field that has the focus. */
const paste = (page, text) =>
  page.evaluate((text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);

test("rows of a spreadsheet are pasted into a repeated group", { timeout: 120_000 }, async () => {
  await inCounty("paste", async ({ open, shot }) => {
    const township = await open("township_worker");
    const person = await book(township, "江小雨", "1996-05-01", 265, 200);
    await refer(township, person, "routine", { reason: "待产", findings: "双胎，足月", treatment: "无", asked: "住院分娩" });
    const nurse = await open("nurse");
    await nurse.goto("/referrals");
    await nurse.locator(".referral-line", { hasText: "江小雨" }).locator("button[value=accept]").click();
    await nurse.waitForLoadState();
    await fillForm(nurse, person, "delivery", { occurred_on: daysAgo(1) });
    const value = (row, field) => nurse.inputValue(`[name='g.newborn.${row}.${field}']`);
    const chosen = (row, field) => nurse.locator(`[name='g.newborn.${row}.${field}']:checked`).getAttribute("value");

    // Two rows where there was one: the server makes the other.
    await nurse.focus("[name='g.newborn.0.birth_order']");
    await Promise.all([nurse.waitForNavigation(), paste(nurse, "1\t08:10\t活产\t女\t２６５０\r\n2\t08:25\t活产\t男\t2580\r\n")]);
    assert.deepEqual([await value(0, "weight_g"), await value(1, "weight_g"), await value(1, "born_at")], ["２６５０", "2580", "08:25"]);
    assert.deepEqual([await chosen(0, "sex"), await chosen(1, "sex")], ["female", "male"]);
    assert.equal(await nurse.inputValue("[name=occurred_on]"), daysAgo(1), "what was typed before is there");
    await shot(nurse, "1-pasted");

    // Within the rows that are there, at once.
    await nurse.focus("[name='g.newborn.0.length_cm']");
    await paste(nurse, "49\t33\n48\t32.5");
    assert.deepEqual([await value(0, "length_cm"), await value(0, "head_cm"), await value(1, "head_cm")], ["49", "33", "32.5"]);

    // One cell is an ordinary paste, and what does not fit is said.
    await nurse.focus("[name='g.newborn.1.birth_order']");
    await paste(nurse, Array.from({ length: 9 }, (_, row) => `${row + 1}`).join("\n"));
    await nurse.waitForLoadState("load");
    await nurse.waitForFunction(() => document.querySelectorAll("[data-group=newborn] .group-row").length === 6);
    assert.equal(await value(5, "birth_order"), "5", "no more rows than the form takes");
  });
});

test("a complete number moves on by itself, habits do no harm, and one key saves the rest as usual", { timeout: 120_000 }, async () => {
  await inCounty("advance", async ({ open, shot }) => {
    const page = await open("township_worker");
    const person = await book(page, "江小云", "1994-03-02", 170, 110);
    await page.goto(form(person));
    await page.locator("form.brief").waitFor();
    await page.waitForFunction(() => document.activeElement?.name?.startsWith("f."));
    await page.check("[name='f.visit_mode'][value=clinic]");
    await page.check("[name='f.critical_signs'][value=none]");
    await page.locator("[name='f.systolic_mmhg']").waitFor();
    const focused = () => page.evaluate(() => document.activeElement.name || document.activeElement.dataset.finish);
    const type = (text) => page.keyboard.type(text);
    await page.focus("[name='f.systolic_mmhg']");
    // 11 may become 110: it stays. 118 cannot become more: it moves on, and Enter after it is only a habit.
    await type("11");
    assert.equal(await focused(), "f.systolic_mmhg");
    await type("8");
    assert.equal(await focused(), "f.diastolic_mmhg");
    await page.keyboard.press("Enter");
    assert.equal(await focused(), "f.diastolic_mmhg", "nothing is skipped");
    await page.keyboard.press("Enter");
    assert.notEqual(await focused(), "f.diastolic_mmhg", "the second Enter means it");
    // Back to the number that was mistyped.
    await page.fill("[name='f.systolic_mmhg']", "");
    await page.focus("[name='f.systolic_mmhg']");
    await type("119");
    await page.keyboard.press("Backspace");
    assert.equal(await focused(), "f.systolic_mmhg");
    assert.equal(await page.inputValue("[name='f.systolic_mmhg']"), "119");
    await page.keyboard.press("Backspace");
    await type("8");
    // As it is written on paper, in full-width digits, too.
    await page.fill("[name='f.systolic_mmhg']", "");
    await page.fill("[name='f.diastolic_mmhg']", "");
    await page.focus("[name='f.systolic_mmhg']");
    await type("118/74");
    assert.deepEqual([await page.inputValue("[name='f.systolic_mmhg']"), await page.inputValue("[name='f.diastolic_mmhg']")], ["118", "74"]);
    for (const [name, text] of [["weight_kg", "61.5"], ["fundal_height_cm", "23"], ["fetal_heart_rate", "１４２"], ["hb_g_per_l", "116"]]) await page.fill(`[name="f.${name}"]`, text);
    await page.check("[name='f.urine_protein'][value=neg]");
    await page.locator("#consequence .badge").first().waitFor();
    await shot(page, "1-filled");
    // A wrong number is not taken along: it is said, and nothing is stored.
    await page.check("[name='f.guidance'][value=lifestyle]");
    await page.fill("[name='f.next_visit_on']", daysAgo(-28));
    await page.fill("[name='f.doctor']", "D1");
    await page.fill("[name='f.weight_kg']", "615");
    await go(page, "[data-finish]");
    assert.match(await page.locator("[data-field='f.weight_kg']").innerText(), /应在 25.0 到 220.0 kg 之间/);
    assert.equal((await recordsOf(page, person)).length, 1, "only the booking is stored");
  });
});

test("the same form in two tabs: the second is shown what the first stored", { timeout: 120_000 }, async () => {
  await inCounty("tabs", async ({ open }) => {
    const first = await open("township_worker");
    const person = await book(first, "云小白", "1994-03-02", 170, 110);
    await first.goto(form(person));
    const second = await first.context().newPage();
    second.setDefaultTimeout(20_000);
    await second.goto(form(person));
    await fill(first, visit);
    await fill(second, { ...visit, weight_kg: "61.9" });
    await save(first);
    await go(second, "button[value=save]");
    await second.locator(".conflict").waitFor();
    assert.match(await second.locator(".conflict tr", { hasText: "体重" }).innerText(), /61\.9 kg\s+61\.5 kg/);
    await go(second, "[data-discard]");
    assert.equal((await recordsOf(first, person)).length, 2, "the booking and one visit");
  });
});

test("a correction is gone on with, and corrects once", { timeout: 120_000 }, async () => {
  await inCounty("correction", async ({ open, shot }) => {
    const page = await open("township_worker");
    const person = await book(page, "云小白", "1994-03-02", 170, 110);
    await page.goto(form(person));
    await fill(page, visit);
    await save(page);
    const record = new URL(page.url()).pathname;
    await page.goto(`${record}/correct`);
    await fill(page, { weight_kg: "62.5", why: "体重抄错" });
    await page.waitForTimeout(800);

    // Looking at the record meanwhile does not lose what was typed.
    await page.goto(record);
    assert.match(await page.locator("main").textContent(), /61\.5 kg/);
    await page.goto("/");
    await go(page, "main .message a[href*='/correct']");
    await page.locator(".draft button", { hasText: "继续填写" }).click();
    assert.deepEqual([await page.inputValue("[name='f.weight_kg']"), await page.inputValue("[name=why]")], ["62.5", "体重抄错"]);
    await shot(page, "1-gone-on");
    await page.locator("button[value=save]").dblclick();
    await page.waitForURL((url) => url.pathname === record);
    const text = await page.locator("main").textContent();
    assert.match(text, /62\.5 kg/);
    assert.equal(text.match(/体重抄错/g).length, 1, "corrected once");
    await page.goto("/");
    await page.waitForLoadState("networkidle");
    assert.equal(await page.locator("main .message a[href*='/correct']").count(), 0, "nothing is left over");
  });
});
