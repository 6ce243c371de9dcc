// The referral desk as two organizations, by keyboard: the township sends three women; the hospital refuses one with a
// reason, takes the other two, answers one; both see whom nobody has answered for yet; the slip goes to the printer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { book, go, inCounty, refer } from "../county.js";

const slip = { reason: "超声可疑", findings: "一般情况好", treatment: "无", asked: "会诊" };
const count = async (page, side) => Number(await page.locator(`.counts a[href*="side=${side}"] strong`).innerText());
const line = (page, name) => page.locator(".referral-line", { hasText: name });

/** Focuses the line of a woman with the arrow keys alone. */
async function choose(page, name) {
  for (let up = 0; up < 4; up += 1) await page.keyboard.press(up === 0 ? "k" : "ArrowUp");
  for (let down = 0; down < 4; down += 1) {
    if (down > 0) await page.keyboard.press(down === 1 ? "j" : "ArrowDown");
    const there = await page.evaluate((name) => document.activeElement.matches("[data-line]") && document.activeElement.textContent.includes(name), name);
    if (there) return;
  }
  assert.fail(`${name} is not reached with the arrow keys`);
}

async function pressAndLoad(page, ...keys) {
  await page.evaluate(() => (document.getElementById("main").dataset.old = ""));
  for (const key of keys) await page.keyboard.press(key);
  await page.waitForFunction(() => document.getElementById("main") && !document.querySelector("#main[data-old]"));
  await page.waitForLoadState("load");
}

test("a hand-over is taken, refused and answered by keyboard, and both sides see how it stands", { timeout: 180_000 }, async () => {
  await inCounty("referral", async ({ open, shot }) => {
    const township = await open("township_worker");
    await township.goto("/referrals");
    const nothing = township.locator(".empty");
    assert.match(await nothing.innerText(), /没有转出的人/);
    assert.ok(await nothing.locator("a.button").count(), "an empty desk says what to do next");
    await shot(township, "1-empty");

    const women = {};
    for (const name of ["江小雨", "林晓月", "周小满"]) {
      women[name] = await book(township, name, "1996-05-01", 150, 90);
      await refer(township, women[name], "routine", slip);
    }
    await township.goto("/referrals");
    assert.equal(await count(township, "outgoing"), 3);
    assert.match(await line(township, "江小雨").innerText(), /最迟到达[\s\S]*14 天后/, "the clock says what is awaited and until when");

    const doctor = await open("nurse");
    await doctor.goto("/referrals");
    assert.equal(await count(doctor, "incoming"), 3);
    await shot(doctor, "2-incoming");

    // Refused with a reason: one key opens, the reason is typed, Ctrl and Enter send it.
    await choose(doctor, "江小雨");
    await doctor.keyboard.press("r");
    await doctor.keyboard.insertText("本院无产前诊断资质，请转市妇幼");
    await shot(doctor, "3-refusing");
    await pressAndLoad(doctor, "Control+Enter");
    assert.equal(await count(doctor, "incoming"), 2);
    assert.ok(await doctor.evaluate(() => document.activeElement.matches("[data-line]")), "the next line has the focus");

    // Taken with one key, arrived with two.
    await choose(doctor, "林晓月");
    await pressAndLoad(doctor, "a");
    assert.match(await line(doctor, "林晓月").innerText(), /已接受/);
    for (const name of ["林晓月", "周小满"]) {
      await choose(doctor, name);
      await doctor.keyboard.press("d");
      await pressAndLoad(doctor, "Enter");
      assert.match(await line(doctor, name).innerText(), /已到达/);
      assert.match(await line(doctor, name).innerText(), /最迟反馈/);
    }
    assert.equal(await count(doctor, "unanswered"), 2);
    await township.goto("/referrals?side=unanswered");
    assert.equal(await count(township, "unanswered"), 2, "the sender sees who has not been answered for");
    assert.equal(await line(township, "林晓月").locator("button[value=feedback]").count(), 0, "the sender does not answer in the receiver's place");
    await shot(township, "4-unanswered");

    // Answered from the list.
    await choose(doctor, "林晓月");
    await doctor.keyboard.press("f");
    await doctor.keyboard.insertText("超声复查未见异常，回当地产检");
    await pressAndLoad(doctor, "Control+Enter");
    assert.equal(await count(doctor, "unanswered"), 1);
    await township.goto("/referrals?side=outgoing");
    assert.match(await line(township, "林晓月").innerText(), /已反馈[\s\S]*超声复查未见异常/);
    await township.goto("/referrals?side=outgoing&span=all");
    assert.match(await line(township, "江小雨").innerText(), /已拒绝[\s\S]*无产前诊断资质/);
    await shot(township, "5-outgoing");

    // The sender closes what was answered.
    await township.goto("/referrals?side=outgoing");
    await choose(township, "林晓月");
    await pressAndLoad(township, "c");
    await township.goto(women["林晓月"]);
    assert.match(await township.locator(".referral").innerText(), /已办结/);

    // The slip is printed whole, with its number and the lines that are still to be written on.
    await doctor.goto("/referrals?side=unanswered");
    await go(doctor, "a[aria-keyshortcuts=P]");
    assert.ok(await doctor.locator("[data-print]").isVisible());
    await doctor.emulateMedia({ media: "print" });
    assert.ok(!(await doctor.locator("nav.menu").isVisible()) && !(await doctor.locator("[data-print]").isVisible()), "only the slip is printed");
    assert.ok(await doctor.locator(".to-fill").count(), "what is not known is a line to write on");
    await shot(doctor, "6-slip-printed");
    await doctor.emulateMedia({ media: "screen" });

    const phone = await open("nurse", { width: 390, language: "en" });
    await phone.goto("/referrals?side=unanswered");
    assert.match(await line(phone, "周小满").innerText(), /Answer by/);
    assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 390);
    await shot(phone, "7-phone");
  });
});
