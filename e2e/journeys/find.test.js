// Finding a woman from any page: typing shows who is meant, the keyboard opens her record.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inCounty, register } from "../county.js";

test("a few letters and Enter open her record", async () => {
  await inCounty("find", async ({ open, shot }) => {
    const page = await open("township_worker");
    const paths = new Map();
    for (const [name, birth] of [["林晓月", "1996-05-01"], ["林小雨", "1992-02-11"], ["周小满", "1994-03-12"]]) {
      await register(page, name, birth);
      paths.set(name, new URL(page.url()).pathname);
    }
    await page.goto("/");
    const found = page.locator("#found");
    await page.focus("#bar-find");
    await page.keyboard.type("lx");
    await found.locator("[role=option]").nth(1).waitFor();
    assert.equal(await found.locator("[role=option]").count(), 2);
    await shot(page, "1-typing");

    // Escape closes, and the page is the same.
    await page.keyboard.press("Escape");
    assert.equal(await found.isVisible(), false);

    await page.keyboard.type("y");
    await found.locator("[role=option]").first().waitFor();
    const first = await found.locator("[role=option] strong").first().innerText();
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.getAttribute("#bar-find", "aria-activedescendant"), "found-1");
    await Promise.all([page.waitForURL(`**${paths.get(first)}`), page.keyboard.press("Enter")]);

    // A scanner types what stands in the code of a paper, and Enter.
    const scanned = paths.get("周小满");
    await page.goto("/lists");
    await page.focus("#bar-find");
    await page.keyboard.type(`FUYOU:${scanned.split("/").pop().toUpperCase()}`, { delay: 2 });
    await Promise.all([page.waitForURL(`**${scanned}`), page.keyboard.press("Enter")]);

    // On a phone, nobody of that name, and Enter without a choice opens the page of results.
    const phone = await open("village_doctor", { width: 390, language: "en" });
    await phone.fill("#bar-find", "nobodyofthisname");
    await phone.locator("#found p").waitFor();
    await shot(phone, "2-nobody-390");
    const wide = await phone.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, "the page does not scroll sideways");
    await Promise.all([phone.waitForURL("**/persons?q=*"), phone.press("#bar-find", "Enter")]);
  });
});
