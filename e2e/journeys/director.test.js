// A director goes from the board to a township and takes the summary along; the persons behind a figure are for others.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { go, inDemo } from "../county.js";

test("board, indicator, township, summary", async () => {
  await inDemo("director", 12_000, async ({ open, shot, data }) => {
    const page = await open("director");
    await page.goto("/board");
    const row = page.locator("table.board tbody tr", { hasText: "系统管理率" });
    const actual = await row.locator(".figure").innerText();
    assert.match(actual, /^\d+\.\d\d%$/);
    assert.match(await page.locator("main").innerText(), /统计年度 \d{4}-10 – \d{4}-09/, "the page says which year is meant");
    await shot(page, "1-board");
    await page.goto(await row.locator("a[href^='/indicators/']").first().getAttribute("href"));
    assert.equal(await page.locator("dd.large .figure").innerText(), actual, "the indicator says what the board says");
    assert.equal(await page.locator("a[href*='/persons']").count(), 0, "a director is not led to persons");
    await shot(page, "2-indicator");
    const township = page.locator("table.ranking a").first();
    const href = await township.getAttribute("href");
    await page.goto(href);
    const of = (text) => text.match(/(\d+) \/ (\d+)/).slice(1).map(Number);
    const [counted, whole] = of(await page.locator("dl.facts").first().innerText());
    assert.ok(counted <= whole && whole > 0);
    await shot(page, "3-township");
    const persons = href.replace("?", "/persons?");
    assert.equal((await page.goto(`${persons}&group=counted`)).status(), 404, "nor by typing the address");

    // Who works there sees exactly as many persons as the figure says.
    const worker = await open("township");
    await worker.goto(href);
    await go(worker, "nav a[href*='group=counted']");
    assert.equal(Number((await worker.locator("h1").innerText()).match(/\d+/)[0]), counted, "the figure opens into its persons");
    await shot(worker, "4-persons");

    await page.goto("/summary");
    const shown = await page.locator("main").innerText();
    assert.ok(shown.includes(actual), "the summary on the page has the board's figure");
    await shot(page, "5-summary");
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("main form[action*='/summary/file'] button")]);
    const path = join(data, "summary.docx");
    await file.saveAs(path);
    execFileSync("soffice", ["--headless", `-env:UserInstallation=file://${join(data, "office")}`, "--convert-to", "txt:Text (encoded):UTF8", "--outdir", data, path], { stdio: "pipe" });
    const text = readFileSync(join(data, "summary.txt"), "utf8");
    assert.ok(text.includes(actual), `the document opens and says ${actual}`);
    assert.ok(text.includes("系统管理率"));
  });
});
