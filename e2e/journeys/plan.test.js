// A county worker pastes a plan, uploads another as Word, binds what the reader left open, adopts it, and the board shows it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { go, inCounty } from "../county.js";

const year = new Date().getFullYear();
const plan = (rate) => `云溪县${year}年妇幼健康工作计划
一、工作目标
1、孕产妇系统管理率达到${rate}%以上。
2、早孕建册率达到90%以上。
3、孕妇学校听课率达到70%以上。
4、孕产妇死亡率控制在14.5/10万以下。
二、工作措施
加强督导考核，完善制度。
`;

test("a plan goes in by paste and by file, and moves the board", async () => {
  await inCounty("plan", async ({ open, shot, data }) => {
    const page = await open("county_worker");
    await page.goto("/board");
    assert.match(await page.locator(".empty").innerText(), /\S/, "without a plan the board says what to do");
    await shot(page, "0-empty-board");
    await page.goto("/plans");
    await page.fill("[name=text]", "今天天气很好。");
    await go(page, "form[action='/plans'] button");
    await shot(page, "1-not-a-plan");
    await page.goto("/plans");
    await page.fill("[name=text]", plan(85));
    await go(page, "form[action='/plans'] button");
    assert.match(await page.locator("main").innerText(), /85%以上/);
    assert.ok(await page.locator("mark").count(), "targets are marked in the text");
    await shot(page, "2-pasted");
    await bindAndAdopt(page);
    await page.goto("/board");
    const row = page.locator("table.board tbody tr", { hasText: "系统管理率" });
    assert.match(await row.innerText(), /≥ 85%/);
    assert.match(await page.locator("main").innerText(), /≤ 14.5\/10万/);
    await shot(page, "3-board");

    // The same as a Word document, with another number: a new edition takes the place of the old.
    writeFileSync(join(data, "plan.txt"), plan(92));
    execFileSync("soffice", ["--headless", `-env:UserInstallation=file://${join(data, "office")}`, "--infilter=Text (encoded):UTF8", "--convert-to", "docx", "--outdir", data, join(data, "plan.txt")], { stdio: "pipe" });
    await page.goto("/plans");
    await page.setInputFiles("[name=file]", join(data, "plan.docx"));
    await go(page, "form[action='/plans/file'] button");
    assert.match(await page.locator("main").innerText(), /92%以上/);
    await bindAndAdopt(page);
    await page.goto("/board");
    assert.match(await page.locator("table.board tbody tr", { hasText: "系统管理率" }).innerText(), /≥ 92%/);

    // A file that is no Word document is refused with a reason, not with a failure.
    writeFileSync(join(data, "broken.docx"), "PK\u0003\u0004 not really");
    await page.goto("/plans");
    await page.setInputFiles("[name=file]", join(data, "broken.docx"));
    await go(page, "form[action='/plans/file'] button");
    assert.match(await page.locator(".message.bad, .card").first().innerText(), /\S/);
    assert.ok(!/500|Something/.test(await page.locator("main").innerText()), "a broken file is not our failure");
    await shot(page, "4-broken");
  });
});

async function bindAndAdopt(page) {
  const open = page.locator("details[id^='t-']", { hasText: "听课率" });
  assert.equal(await open.count(), 1, "the target that no indicator names waits for a person");
  if (!(await open.evaluate((box) => box.open))) await open.locator("summary").click();
  const choice = open.locator("select[name=indicator]");
  await choice.selectOption(await choice.locator("option").nth(1).getAttribute("value"));
  await Promise.all([page.waitForNavigation(), open.locator("button[value=confirmed]").click()]);
  const bound = page.locator("details[id^='t-']", { hasText: "听课率" }).locator("summary");
  assert.match(await bound.innerText(), /→ \S/, "now it is bound");
  await go(page, "form[action$='/adopted'] button");
}
