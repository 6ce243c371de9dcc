// Files of visits go in through the page: with a byte order mark, in GBK, and with rows that are sent back with reasons.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { book, daysAgo, go, inCounty, routine } from "../county.js";

const names = [...Object.keys(routine), "next_visit_on"];
// 头晕 in GBK: each character is two bytes.
const dizzy = Buffer.from([0xcd, 0xb7, 0xd4, 0xce]);

test("visits are imported from files as they come", async () => {
  await inCounty("import", async ({ open, shot, data }) => {
    const township = await open("township_worker");
    const person = await book(township, "江小雨", "1996-05-01", 200, 140);
    const id = person.split("/").pop();
    const line = (day, next, complaint) => {
      const values = { ...routine, complaint, next_visit_on: next };
      return [id, day, ...names.map((name) => values[name])].join(",");
    };
    const head = ["subject", "occurred_on", ...names].join(",");
    const page = await open("county_worker");
    const send = async (name, bytes) => {
      writeFileSync(join(data, name), bytes);
      await page.goto("/imports");
      await page.selectOption("[name=form]", { label: (await page.locator("[name=form] option", { hasText: "第2~5次" }).textContent()).trim() });
      await page.setInputFiles("[name=file]", join(data, name));
      await go(page, "main form.sheet button");
      for (let tries = 0; tries < 50 && (await page.locator("progress").count()); tries++) {
        await page.waitForTimeout(200);
        await page.reload();
      }
      return page.locator("main").innerText();
    };
    await shot(page, "1-page");
    const marked = `\ufeff${head}\r\n${line(daysAgo(60), daysAgo(30), "无")}\n${line(daysAgo(59), daysAgo(30), "头晕")}\r\n`;
    const first = await send("marked.csv", marked);
    await shot(page, "2-done");
    assert.match(first, /新增记录\s*2/, first);

    const [start, end] = `${head}\n${line(daysAgo(50), daysAgo(20), "@@")}\n${line("2024-13-40", daysAgo(20), "x")}\n`.split("@@");
    const second = await send("gbk.csv", Buffer.concat([Buffer.from(start), dizzy, Buffer.from(end)]));
    await shot(page, "3-rejected");
    assert.match(second, /被拒\s*1/, second);
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("a[href$='/file']")]);
    const path = join(data, "rejected.csv");
    await file.saveAs(path);
    const rejected = readFileSync(path, "utf8");
    assert.match(rejected, /2024-13-40|日期/, "the rejected row is given back with its reason");

    await township.goto(person);
    const recorded = (days) => {
      const day = township.locator(`summary time[datetime="${daysAgo(days)}"]`);
      return township.locator(".one-record").filter({ has: day }).count();
    };
    for (const days of [60, 59, 50]) assert.equal(await recorded(days), 1, `the visit of ${daysAgo(days)} is in her story`);
    // The same file again adds nothing.
    const again = await send("marked.csv", marked);
    assert.ok(/新增记录\s*0/.test(again), again);
    await township.goto(person);
    assert.equal(await recorded(60), 1, "sent twice, stored once");
  });
});
