// A village doctor goes where there is no network. What is due this week was taken along: the list, the woman, the form
// that was never opened before. The browser is started again without a network, a visit is recorded, and sent once.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { book, crash, daysAgo, fill, go, inCounty, launchWithProfile, logIn, onDisk, password, recordsOf, routine } from "../county.js";
import { networkTo } from "../network.js";

const visit = { ...routine, fundal_height_cm: "24", next_visit_on: daysAgo(-28), weight_kg: "61.5" };

test("a form that was never opened is filled in without a network, after the browser was restarted", { timeout: 300_000 }, async () => {
  await inCounty("ahead", async ({ data, address, open, shot }) => {
    const township = await open("township_worker");
    // Her second visit is overdue, so it is shown to the village, too.
    const person = await book(township, "江小雨", "1996-05-01", 170, 110);
    const before = (await recordsOf(township, person)).length;

    const network = await networkTo(address);
    const profile = join(data, "profile");
    const first = await launchWithProfile(profile, network.address);
    let second;
    const home = await first.newPage();
    home.setDefaultTimeout(20_000);
    try {
      // Nothing is taken along unless somebody says so on this device.
      await logIn(home, "village_doctor");
      await home.waitForLoadState("networkidle");
      await home.evaluate(() => navigator.serviceWorker.ready.then(() => true));
      assert.equal((await onDisk(home)).counts.ahead, 0);
      const due = await home.locator("table.work tbody tr", { hasText: "江小雨" }).count();
      assert.ok(due, "the village doctor has something to do for her");
      await home.reload();
      await home.locator("[data-take]").click();
      await home.locator("[data-state]", { hasText: "已带上" }).waitFor({ timeout: 60_000 });
      await shot(home, "1-taken");
      const kept = await onDisk(home);
      assert.ok(kept.counts.ahead >= 3, `a list, a person and a form are kept: ${kept.counts.ahead}`);
      assert.equal(kept.counts.forms, 0, "no form was opened");
      for (const word of ["江小雨", "产检", person.split("/").pop(), "柳村", "antenatal"]) assert.ok(!kept.text.includes(word), `${word} can be read on the disk`);
      network.cut();
      await crash(first, home);

      second = await launchWithProfile(profile, network.address);
      const page = await second.newPage();
      page.setDefaultTimeout(20_000);
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto("/");
      assert.ok(!(await page.content()).includes("江小雨"), "nobody reads the list without the password");
      await page.fill("#offline-password", password);
      await page.click("#locked button");
      const line = page.locator("main li", { hasText: "江小雨" }).filter({ hasText: "产检" }).first();
      await line.waitFor();
      await shot(page, "2-list");
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);

      // The woman, and back.
      await line.locator("a").first().click();
      await page.locator("h1", { hasText: "江小雨" }).waitFor();
      assert.match(await page.locator("main").innerText(), /应访与完成/, "her schedule can be read");
      await shot(page, "3-woman");
      await page.locator("a", { hasText: "回到名单" }).click();
      await line.waitFor();

      // The form, which nobody has opened before.
      await line.locator("a.button").click();
      await page.locator("form.record").waitFor();
      await fill(page, { ...visit, systolic_mmhg: "300" });
      await page.locator("[data-field='f.systolic_mmhg'] .wrong").waitFor();
      await fill(page, { systolic_mmhg: "116" });
      await page.waitForTimeout(600);
      for (const ask of await page.locator(".ask input:visible").all()) await ask.fill("已核对");
      await page.locator("button[value=save]").click();
      await page.waitForSelector("#offline");
      assert.match(await page.locator("#offline").innerText(), /已保存在本机/);
      await shot(page, "4-kept");
      await page.locator("a", { hasText: "回到名单" }).click();
      await page.locator("main li", { hasText: "等待发送" }).first().waitFor();
      await shot(page, "5-waits");

      network.mend();
      await page.evaluate(() => window.dispatchEvent(new Event("online")));
      // A browser that was restarted may ask for the password again.
      await page.waitForFunction(() => !document.getElementById("locked") && document.querySelector(".who, [name=login]") && !document.querySelector("main li"));
      if (new URL(page.url()).pathname === "/login") await logIn(page, "village_doctor");
      // At home the work is brought up to date while what waits is sent.
      await page.waitForFunction(() => document.querySelector("[data-ahead]") && !document.getElementById("waiting"), null, { timeout: 60_000 });
      await page.waitForTimeout(1500);
      assert.equal((await recordsOf(township, person)).length, before + 1, "sent once");

      // Logging out wipes what was taken along.
      await page.goto("/");
      await page.locator("[data-state]", { hasText: "已带上" }).waitFor({ timeout: 60_000 });
      await go(page, "form[action='/logout'] button");
      const left = await onDisk(page);
      assert.deepEqual(left.counts, { ahead: 0, drafts: 0, forms: 0, locks: 0 });
    } finally {
      await first.close().catch(() => {});
      await second?.close().catch(() => {});
      await network.close();
    }
  });
});

test("an organization switches it off: what a device has is dropped when it next reaches the server", { timeout: 240_000 }, async () => {
  await inCounty("ahead-off", async ({ open, shot }) => {
    const township = await open("township_worker");
    await book(township, "江小雨", "1996-05-01", 170, 110);
    const village = await open("village_doctor", { width: 390 });
    await village.waitForLoadState("networkidle");
    await village.locator("[data-take]").click();
    await village.locator("[data-state]", { hasText: "已带上" }).waitFor({ timeout: 60_000 });
    assert.ok((await onDisk(village)).counts.ahead >= 3);

    const administrator = await open("administrator");
    await administrator.goto("/organizations");
    await administrator.locator("main a[href^='/organizations/']", { hasText: "云溪县" }).first().click();
    await shot(administrator, "1-allowed");
    await go(administrator, "#ahead button");
    await administrator.locator("#ahead .badge", { hasText: "已关闭" }).waitFor();
    await shot(administrator, "2-off");

    // Any page of the server tells the device.
    await village.goto("/lists");
    await village.waitForLoadState("networkidle");
    assert.equal((await onDisk(village)).counts.ahead, 0, "dropped");
    await village.goto("/");
    assert.equal(await village.locator("[data-take]").count(), 0);
    assert.match(await village.locator("main").innerText(), /已关闭离线携带/);
    await shot(village, "3-village");

    // Allowed again, nothing is taken along unasked.
    await go(administrator, "#ahead button");
    await village.reload();
    await village.waitForLoadState("networkidle");
    await village.locator("[data-take]").waitFor();
    assert.equal((await onDisk(village)).counts.ahead, 0);

    // A page that was open meanwhile asks for its list, and is told.
    await village.locator("[data-take]").click();
    await village.locator("[data-state]", { hasText: "已带上" }).waitFor({ timeout: 60_000 });
    await go(administrator, "#ahead button");
    await village.locator("[data-take]").click();
    await village.locator("[data-ahead]").waitFor({ state: "hidden" });
    assert.equal((await onDisk(village)).counts.ahead, 0, "dropped by the open page");
  });
});
