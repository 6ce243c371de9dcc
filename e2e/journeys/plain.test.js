// Without JavaScript each role does its main job once: forms are sent, pages answer, nothing is lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { daysAgo, inCounty, inDemo, password, routine } from "../county.js";

/** A page that runs no script. */
async function plain(browser, address, login, secret, width = 1280) {
  const context = await browser.newContext({ baseURL: address, locale: "zh-CN", javaScriptEnabled: false, viewport: { width, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto("/login");
  await page.fill("[name=login]", login);
  await page.fill("[name=password]", secret);
  await page.click("main button");
  await page.waitForURL((url) => url.pathname === "/");
  return page;
}

/** Fills what is shown; the button "check" shows what matters then. */
async function fill(page, values) {
  let left = Object.entries(values);
  for (let round = 0; left.length && round < 4; round += 1) {
    if (round > 0) {
      await page.locator("aside button[value=check]").click();
      await page.waitForLoadState("load");
    }
    const hidden = [];
    for (const [id, value] of left) {
      const name = id === "occurred_on" ? id : `f.${id}`;
      const choice = page.locator(`input[name="${name}"][value="${value}"]`);
      const isChoice = ["radio", "checkbox"].includes((await choice.count()) ? await choice.first().getAttribute("type") : "");
      const field = isChoice ? choice.first() : page.locator(`select[name="${name}"], input[name="${name}"]`).first();
      if (!(await field.isVisible())) hidden.push([id, value]);
      else if (isChoice) await field.check();
      else if (await page.locator(`select[name="${name}"]`).count()) await field.selectOption(value);
      else await field.fill(value);
    }
    left = hidden;
  }
  assert.deepEqual(left, [], "never shown");
}

/** Saves; what is asked for is answered, what only now matters is filled in. */
async function save(page) {
  for (let tried = 0; tried < 3 && !/\/records\/[0-9a-f-]{36}$/.test(new URL(page.url()).pathname); tried += 1) {
    for (const ask of await page.locator(".ask input").all()) await ask.fill("已核对");
    await page.locator("aside button[value=save]").click();
    await page.waitForLoadState("load");
  }
  const problems = await page.locator(".wrong, .message.bad").allTextContents();
  assert.match(new URL(page.url()).pathname, /\/records\/[0-9a-f-]{36}$/, problems.join(" | "));
}

test("register, book, record, refer, take and answer, without JavaScript", { timeout: 240_000 }, async () => {
  await inCounty("plain", async ({ browser, address, shot }) => {
    const page = await plain(browser, address, "township_worker", password);
    await page.goto("/persons/new");
    await page.fill("[name=name]", "林晓月");
    await page.selectOption("[name=id_type]", "none");
    await page.selectOption("[name=sex]", "female");
    await page.fill("[name=birth_on]", "1996-05-01");
    await page.selectOption("[name=residence]", await page.locator("[name=residence] option", { hasText: "柳村卫生室" }).getAttribute("value"));
    await page.click("main form.sheet button");
    await page.waitForURL((url) => /\/persons\/[0-9a-f-]{36}$/.test(url.pathname));
    const person = new URL(page.url()).pathname;
    // The identity number tells the birthday only with a script; without one it is typed. Found again by initials.
    await page.fill("#bar-find", "lxy");
    await page.click("form.find button");
    assert.match(await page.locator("main").innerText(), /林晓月/);

    await page.goto(person);
    await page.click("main a.button[href*='/forms/maternal/']");
    await fill(page, {
      occurred_on: daysAgo(110), handbook_no: "7", lmp_certainty: "sure", lmp_on: daysAgo(170), art_conceived: "false",
      edd_method: "lmp", edd_on: daysAgo(170 - 280), gravidity: "1", parity_vaginal: "0", parity_caesarean: "0",
    });
    await save(page);
    await page.goto(`${person}/forms/maternal/antenatal`);
    // What is wrong is said beside the field, and nothing typed is lost.
    await fill(page, { ...routine, occurred_on: daysAgo(0), next_visit_on: daysAgo(-28), fundal_height_cm: "24", weight_kg: "600" });
    await page.locator("aside button[value=save]").click();
    await page.waitForLoadState("load");
    assert.match(await page.locator("[data-field='f.weight_kg'] .wrong").first().innerText(), /25.0/);
    assert.equal(await page.inputValue("[name='f.hb_g_per_l']"), routine.hb_g_per_l);
    await fill(page, { weight_kg: "61.5" });
    await page.locator("aside button[value=check]").click();
    await page.waitForLoadState("load");
    assert.ok(await page.locator("#consequence .badge").count(), "the risk is told before saving");
    await shot(page, "1-checked");
    await save(page);

    await page.goto(person);
    await page.click("a[href*='/refer?']");
    await page.selectOption("[name=to]", await page.locator("[name=to] option", { hasText: "云溪县医院" }).getAttribute("value"));
    for (const [name, text] of Object.entries({ reason: "超声可疑", findings: "一般情况好", treatment: "无", asked: "会诊" })) await page.fill(`main [name="${name}"]`, text);
    await page.click("main form.sheet button");
    await page.waitForURL(person);

    const doctor = await plain(browser, address, "nurse", password, 390);
    await doctor.goto("/referrals");
    const line = doctor.locator(".referral-line", { hasText: "林晓月" });
    for (const [step, note] of [["accept"], ["arrive"], ["feedback", "未见异常"]]) {
      const button = line.locator(`button[value=${step}]`);
      const folded = line.locator("details", { has: doctor.locator(`button[value=${step}]`) });
      if (await folded.count()) await folded.locator("summary").click();
      if (note) await folded.locator("textarea").fill(note);
      await button.click();
      await doctor.waitForLoadState("load");
    }
    assert.match(await line.innerText(), /已反馈[\s\S]*未见异常/);
    await shot(doctor, "2-answered-390");

    const village = await plain(browser, address, "village_doctor", password, 390);
    assert.match(await village.locator("main").innerText(), /工作台/);
    await village.goto(person);
    assert.match(await village.locator("main").innerText(), /林晓月/);
    assert.equal(await village.locator("[data-ahead]:visible, [data-print]:visible, #look:visible").count(), 0, "what needs a script is not offered");

    const county = await plain(browser, address, "county_worker", password);
    await county.goto("/lists/maternal/pregnant");
    assert.match(await county.locator("main tbody").innerText(), /林晓月/);
    await county.selectOption("#organization", await county.locator("#organization option", { hasText: "东湖镇卫生院" }).getAttribute("value"));
    await county.locator("form.filters > button").click();
    await county.waitForLoadState("load");
    assert.match(await county.locator("main tbody").innerText(), /林晓月/);

    const auditor = await plain(browser, address, "auditor", password);
    await auditor.goto("/audit");
    assert.ok((await auditor.locator("main tbody tr").count()) > 5, "the trail can be read");
  });
});

test("plan, figures and administration are read and steered without JavaScript", { timeout: 300_000 }, async () => {
  await inDemo("plain-demo", 4_000, async ({ browser, address, shot }) => {
    const secret = "yunling-demo-2026";
    const director = await plain(browser, address, "director", secret);
    await director.goto("/board");
    assert.ok(await director.locator("main a").count(), "targets can be opened");
    await shot(director, "1-board");
    const analyst = await plain(browser, address, "analyst", secret);
    await analyst.goto("/indicators");
    const indicator = await analyst.locator("main a[href^='/indicators/']").first().getAttribute("href");
    await analyst.goto(indicator);
    assert.ok(await analyst.locator("main table").count());
    const admin = await plain(browser, address, "admin", secret);
    for (const path of ["/organizations", "/users", "/packs", "/system", "/jobs"]) {
      const answer = await admin.goto(path);
      assert.equal(answer.status(), 200, path);
    }
    await admin.locator("form[action='/language'] button").click();
    await admin.waitForLoadState("load");
    assert.equal(await admin.locator("html").getAttribute("lang"), "en");
  });
});
