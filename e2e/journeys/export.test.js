// Long work is left and found again, a register is seen with columns of one's own, and calls are noted with one press.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { daysAgo, fill, inCounty, register, save } from "../county.js";

async function text(page, click) {
  const [file] = await Promise.all([page.waitForEvent("download"), click()]);
  return [readFileSync(await file.path(), "utf8"), file.suggestedFilename()];
}

/** The page of a job refreshes itself until there is something to fetch. */
const fetchable = (page) => page.waitForSelector("main a[href$='/file']", { timeout: 30_000 });

test("columns, calls, and a file that a job made", async () => {
  await inCounty("export", async ({ open, shot }) => {
    const page = await open("township_worker");
    await register(page, "林晓月", "1996-05-01");
    await page.click("main a.button[href*='/forms/maternal/']");
    await fill(page, {
      occurred_on: daysAgo(60), handbook_no: "2026-77", lmp_certainty: "sure", lmp_on: daysAgo(120), art_conceived: "false",
      edd_method: "lmp", edd_on: daysAgo(120 - 280), gravidity: "3", parity_vaginal: "0", parity_caesarean: "0",
    });
    await save(page);

    await page.goto("/lists/maternal/registered");
    await page.click("details.columns summary");
    await page.click("details.columns a[href*='/columns']");
    await page.check("input[value='@field/booking/gravidity']");
    await shot(page, "1-columns");
    await page.click("main form.sheet button");
    const heads = await page.locator("thead").innerText();
    assert.match(heads, /孕次/, `the field is a column: ${heads}`);
    await shot(page, "2-list");
    const [csv, name] = await text(page, () => page.click("main a[href*='format=csv']"));
    assert.match(csv, /孕次/);
    assert.match(name, /建册登记本/, "the file is called as the list is");

    await page.goto("/lists/maternal/missed_visits");
    for (const [at, says] of [[1, false], [2, false], [3, true]]) {
      await page.click("main form.called button[value=no_answer]");
      const line = await page.locator("main tbody tr").first().innerText();
      assert.match(line, /无人接听/);
      assert.equal(/请入户/.test(line), says, `after ${at} calls: ${line}`);
    }
    await shot(page, "3-calls");

    const auditor = await open("auditor", { width: 390 });
    await auditor.goto("/audit");
    await auditor.click("main form[action*='format=csv'] button");
    await auditor.waitForURL(/\/jobs\//);
    const job = new URL(auditor.url()).pathname;
    await auditor.goto("/");
    await auditor.goto("/jobs");
    await auditor.click(`main a[href='${job}']`);
    await fetchable(auditor);
    await shot(auditor, "4-job");
    const [trail] = await text(auditor, () => auditor.click("main a[href$='/file']"));
    assert.ok(trail.split("\n").length > 5, "the trail is in the file");

    // The same without script: a page that asks for itself again by a header.
    const state = await auditor.context().storageState();
    const plain = await auditor.context().browser().newContext({ baseURL: new URL(auditor.url()).origin, javaScriptEnabled: false, storageState: state });
    const bare = await plain.newPage();
    await bare.goto("/audit");
    await bare.click("main form[action*='format=xlsx'] button");
    await bare.waitForURL(/\/jobs\//);
    await fetchable(bare);
    const [, book] = await text(bare, () => bare.click("main a[href$='/file']"));
    assert.match(book, /\.xlsx$/);
    await plain.close();

    // Nobody else may have it.
    assert.equal((await page.request.get(`${job}/file`)).status(), 404);
  });
});
