// A county worker's ledger and file, a village doctor's postpartum visit, a director's and an auditor's first page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { daysAgo, fill, go, inCounty, register, save } from "../county.js";

async function answer(page) {
  await go(page, "button[value=save]");
  if (await page.locator(".ask input:visible").count()) {
    for (const ask of await page.locator(".ask input:visible").all()) await ask.fill("已核对");
    await save(page);
  }
}

test("a county works together", async () => {
  await inCounty("county", async ({ open, shot }) => {
    const page = await open("township_worker");
    await register(page, "周小满", "1994-03-12");
    const person = new URL(page.url()).pathname;
    await page.click("main a.button[href*='/forms/maternal/']");
    await fill(page, {
      occurred_on: daysAgo(60), handbook_no: "7", lmp_certainty: "sure", lmp_on: daysAgo(110), art_conceived: "false",
      edd_method: "lmp", edd_on: daysAgo(110 - 280), gravidity: "2", parity_vaginal: "0", parity_caesarean: "0",
    });
    await answer(page);

    // The village doctor, on a phone, sees her and what is due; what is restricted is not in the page.
    const village = await open("village_doctor", { width: 390 });
    await village.goto("/");
    await shot(village, "1-village-work-390");
    await village.goto(person);
    const told = (await village.content()).toLowerCase();
    for (const word of ["hiv", "梅毒", "乙肝", "艾滋", "syphilis"]) assert.ok(!told.includes(word), `the page tells ${word}`);
    await shot(village, "2-village-story-390");
    await village.goto(`${person}/forms/maternal/postpartum_visit`);
    await shot(village, "3-postpartum-390");
    assert.ok(await village.locator("form.record").count(), "the form opens");

    // Keyboard alone: Enter moves on, the page is not left.
    await page.goto(`${person}/forms/maternal/antenatal`);
    await page.focus("[name=occurred_on]");
    await page.keyboard.press("Enter");
    const name = await page.evaluate(() => document.activeElement.getAttribute("name"));
    assert.ok(name && name !== "occurred_on", "Enter moves on");

    const county = await open("county_worker");
    await county.goto("/lists/maternal/pregnant");
    assert.match(await county.locator("main").innerText(), /周小满/);
    await shot(county, "4-ledger");
    const [file] = await Promise.all([county.waitForEvent("download"), county.click("a[href*='format=csv']")]);
    const chunks = [];
    for await (const chunk of await file.createReadStream()) chunks.push(chunk);
    assert.match(Buffer.concat(chunks).toString(), /周小满/);

    const english = await open("township_worker", { language: "en" });
    await english.goto(person);
    assert.match(await english.locator("main").innerText(), /Records/);
    await shot(english, "5-story-english");

    const director = await open("director");
    await shot(director, "6-director");
    assert.equal((await director.goto(person)).status(), 404, "a director sees no person");
    const auditor = await open("auditor");
    await auditor.goto("/audit");
    assert.match(await auditor.locator("main").innerText(), /county_worker/);
    await shot(auditor, "7-audit");
  });
});
