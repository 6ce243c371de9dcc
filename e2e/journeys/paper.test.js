// What is handed over on paper: a page of the handbook, a notice, and a register of which only some lines are wanted, each
// printed by the browser on a sheet of its own size.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { artifacts, book, daysAgo, fillForm, go, inCounty, password, routine, saveExplained } from "../county.js";

/** Width and height of the first sheet of a file in millimetres, and how many sheets it has. */
function sheets(bytes) {
  const text = bytes.toString("latin1");
  const box = text.match(/\/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]/);
  const count = [...text.matchAll(/\/Type\s*\/Page\b(?!s)/g)].length;
  return { size: [box[1], box[2]].map((points) => Math.round((Number(points) / 72) * 25.4)), count };
}

/** What stands on each sheet of a file. */
function words(name) {
  const text = execFileSync("pdftotext", ["-layout", join(artifacts, `paper-${name}.pdf`), "-"], { encoding: "utf8" });
  return text.split("\f").slice(0, -1);
}

/** A register of a few lines as long as one of a township: its lines again and again, each with its own number. */
function lengthen(page, lines) {
  return page.evaluate((lines) => {
    const known = [...document.querySelectorAll(".paper tbody tr:not(.totals, .paper-signs)")];
    const body = document.querySelector(".paper tbody");
    for (let at = known.length; at < lines; at++) {
      const line = known[at % known.length].cloneNode(true);
      line.cells[0].textContent = String(at + 1);
      body.append(line);
    }
  }, lines);
}

async function printed(page, name) {
  const bytes = await page.pdf({ preferCSSPageSize: true });
  writeFileSync(join(artifacts, `paper-${name}.pdf`), bytes);
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: name.includes("register") ? 1120 : 560, height: 790 });
  await page.screenshot({ path: join(artifacts, `paper-${name}.png`), fullPage: true });
  await page.emulateMedia({ media: null });
  await page.setViewportSize({ width: 1280, height: 900 });
  return sheets(bytes);
}

test("a handbook page and a notice have a sheet of their own", { timeout: 240_000 }, async () => {
  await inCounty("paper", async ({ open, shot }) => {
    const page = await open("township_worker");
    const person = await book(page, "林晓月", "1996-05-01", 170, 110);
    await fillForm(page, person, "antenatal", { ...routine, fundal_height_cm: "24", next_visit_on: daysAgo(-28) });
    await saveExplained(page);
    await go(page, "main a.button[href$='/paper']");
    await shot(page, "1-handbook");
    const text = await page.locator("article").innerText();
    for (const word of ["东湖镇卫生院", "手册记录页", "林晓月", "58.0 kg", "机构（盖章）", "接下来"]) assert.ok(text.includes(word), `${word}: ${text}`);
    assert.deepEqual(await printed(page, "handbook"), { size: [148, 210], count: 1 }, "one sheet of A5");
    await page.goto(person);
    const notice = await page.locator("main a[href$='/notice']").first().getAttribute("href");
    await page.goto(notice);
    await shot(page, "2-notice");
    const said = await page.locator("article").innerText();
    for (const word of ["通知单", "林晓月", "请您", "回执", "签收人（签名）"]) assert.ok(said.includes(word), `${word}: ${said}`);
    assert.deepEqual(await printed(page, "notice"), { size: [148, 210], count: 1 });

    const english = await open("township_worker", { language: "en", width: 390 });
    await english.goto(notice);
    assert.equal(await english.evaluate(() => document.documentElement.scrollWidth), 390);
    await shot(english, "3-notice-en-390");
  });
});

test("a register is filtered by its columns, with and without JavaScript", { timeout: 240_000 }, async () => {
  await inCounty("filter", async ({ browser, address, open, shot }) => {
    const page = await open("township_worker");
    for (const [at, name] of ["林一", "林二", "林三"].entries()) await book(page, name, `1996-05-0${at + 1}`, 170 - 30 * at, 60);
    const lines = () => page.locator("main tbody tr").count();
    await page.goto("/lists/maternal/registered");
    assert.equal(await lines(), 3);
    await shot(page, "1-list");
    await page.click("details.narrow summary");
    await shot(page, "2-open");
    await page.fill("[name='from.edd_current_on']", daysAgo(140 - 280));
    await go(page, "details.narrow > button");
    assert.equal(await lines(), 2);
    await page.click("details.narrow summary");
    await page.fill("[name='to.booked_ga_days']", "８周");
    await go(page, "details.narrow > button");
    assert.equal(await lines(), 1);
    assert.match(await page.locator(".narrowed").innerText(), /建册孕周[^]*≤ 8 周/);
    await shot(page, "3-filtered");
    // A view keeps it.
    await page.click("details.columns summary");
    await page.fill("#view-name", "新建册");
    await go(page, "details.columns form[action$='/views'] button");
    assert.equal(await lines(), 1);
    // The paper says which lines it has.
    const paper = await page.locator("a[href*='/paper?']").getAttribute("href");
    await page.goto(paper);
    assert.match(await page.locator(".paper-only").innerText(), /只看/);
    assert.deepEqual((await printed(page, "register")).size, [297, 210], "A4 across");
    // A long one has its head on each sheet, and says which of how many it is.
    const check = async (name, number) => {
      await lengthen(page, 92);
      const { count } = await printed(page, name);
      assert.ok(count > 2, `${count} sheets`);
      const all = words(name);
      assert.equal(all.length, count);
      for (const [at, text] of all.entries()) assert.match(text.replaceAll(/\s+/g, ""), number(at + 1, count), `sheet ${at + 1}`);
    };
    await check("register-long", (at, of) => new RegExp(`序号.*预产期.*第${at}页/共${of}页$`));
    const english = await open("township_worker", { language: "en" });
    await english.goto(paper);
    await lengthen(english, 90);
    const { count } = await printed(english, "register-long-en");
    for (const [at, text] of words("register-long-en").entries()) assert.match(text, new RegExp(`No\\.[^]*page ${at + 1} of ${count}`));
    await page.goto("/lists/maternal/registered?from.edd_current_on=soon");
    assert.match(await page.locator("[role=alert]").innerText(), /没有列出任何人/);
    await shot(page, "4-wrong");

    const context = await browser.newContext({ baseURL: address, locale: "en", javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
    const bare = await context.newPage();
    await bare.goto("/login");
    await bare.fill("[name=login]", "township_worker");
    await bare.fill("[name=password]", password);
    await bare.click("main button");
    await bare.goto("/lists/maternal/registered?view=all");
    await bare.click("details.narrow summary");
    await bare.screenshot({ path: join(artifacts, "filter-5-open-en-390.png"), fullPage: true });
    await bare.check("input[name='is.risk'] >> nth=0");
    await bare.click("details.narrow > button");
    await bare.waitForURL(/is\.risk=/);
    assert.match(await bare.locator(".narrowed").innerText(), /Only/);
    await bare.screenshot({ path: join(artifacts, "filter-6-en-390.png"), fullPage: true });
    await context.close();
  });
});
