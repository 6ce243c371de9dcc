// The county's maternal and child health worker: a 48-hour report is received and answered, the woman stands in the ledger.
import assert from "node:assert/strict";
import { test } from "node:test";
import { book, daysAgo, fill, fillForm, go, inCounty, routine, saveExplained } from "../county.js";

test("a report of twenty points is received within its clock, and the ledger has her", async () => {
  await inCounty("highrisk", async ({ open, shot }) => {
    const township = await open("township_worker");
    // Thirty-eight years and twins: twice ten points.
    const born = `${new Date().getFullYear() - 38}-01-01`;
    const person = await book(township, "江小雨", born, 150, 80);
    await fillForm(township, person, "antenatal", { ...routine, fetus_count: "2", occurred_on: daysAgo(0), next_visit_on: daysAgo(-28) });
    await saveExplained(township);
    assert.match(await township.locator("main").innerText(), /48小时内报告/, "the duty is told at once");
    await shot(township, "1-twenty-points");

    const county = await open("county_worker");
    await county.goto("/?kind=clock");
    const line = county.locator("table.work tr", { hasText: "江小雨" }).filter({ hasText: "≥20分报告接收" });
    assert.match(await line.innerText(), /剩 4[78] 小时/, "the clock runs from forty-eight hours");
    await shot(county, "2-clock");
    await county.goto(await line.locator("a.button").getAttribute("href"));
    await fill(county, { occurred_on: daysAgo(0), receipt_of: "score_report", received_by: "C1" });
    await saveExplained(county);
    await county.goto("/?kind=clock");
    assert.equal(await county.locator("table.work tr", { hasText: "≥20分报告接收" }).count(), 0, "received: the clock has stopped");

    await county.goto("/lists/maternal/high_risk");
    const row = county.locator("main tbody tr", { hasText: "江小雨" });
    assert.match(await row.innerText(), /\b2\d\b/, "the ledger shows her points");
    await shot(county, "3-ledger");
    await go(county, "main tbody tr:has-text('江小雨') a");
    assert.equal(new URL(county.url()).pathname, person, "a line opens her page");
  });
});
