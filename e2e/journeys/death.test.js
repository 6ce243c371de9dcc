// A child of a recorded delivery dies: the hospital files the card, the levels check it, care ends and nobody is offered
// more of it, the register and the mother's page say so. Then the delivery is corrected: there never was a live birth.
import assert from "node:assert/strict";
import { test } from "node:test";
import { book, daysAgo, fill, fillForm, go, inCounty, refer, saveExplained } from "../county.js";

const delivery = {
  occurred_on: daysAgo(6), delivered_at: "08:40", admitted_on: daysAgo(7), discharged_on: daysAgo(3), delivery_place: "county_hospital",
  attendant: "S1", fetus_count: "1", delivery_mode: "spontaneous", blood_loss_intrapartum_ml: "150", blood_loss_2h_ml: "200",
  blood_loss_24h_ml: "260", perineum: "intact", complications: "none", critical: "false", systolic_mmhg: "118", diastolic_mmhg: "74",
  mother_outcome: "alive",
  "g.newborn.0.birth_order": "1", "g.newborn.0.live_status": "live", "g.newborn.0.sex": "male", "g.newborn.0.weight_g": "3200",
  "g.newborn.0.apgar_1": "9", "g.newborn.0.birth_defect": "false", "g.newborn.0.outcome_at_discharge": "alive",
};
const card = {
  occurred_on: daysAgo(0), card_no: "2026-1", is_supplement: "false", card_from: "county_hospital", death_household: "local",
  birth_time: "08:40", birth_weight_g: "3200", weight_kind: "measured", gestational_weeks: "37", birth_place_kind: "county",
  death_on: daysAgo(1), death_time: "03:20", child_death_place: "hospital", treatment_before_death: "inpatient", diagnosis_level: "county",
  cause_a: "肺炎", underlying_cause: "肺炎", cause_category: "d10", child_cause_basis: "clinical", card_reporter: "S1",
};

/** The card of a program on a page: its headline, schedule and tasks. */
const program = (page, title) => page.locator("section.enrollment", { hasText: title });

/** Whether a page offers to begin a program. */
const offers = (page, id) => page.locator(`main a[href*="/forms/${id}/"]:not([href*="?"])`).count();

test("a death is carded, checked and told, and a correction takes all of it back", async () => {
  await inCounty("death", async ({ open, shot }) => {
    const township = await open("township_worker");
    const mother = await book(township, "江小雨", "1996-05-01", 265, 200);
    await refer(township, mother, "routine", { reason: "待产", findings: "足月", treatment: "无", asked: "住院分娩" });
    const nurse = await open("nurse");
    await nurse.goto("/referrals");
    await nurse.locator(".referral-line", { hasText: "江小雨" }).locator("button[value=accept]").click();
    await nurse.waitForLoadState();
    await fillForm(nurse, mother, "delivery", delivery);
    const place = nurse.locator("input[name='f.delivery_institution']");
    if (await place.isVisible()) await place.fill(await nurse.locator("#organizations option", { hasText: "云溪县医院" }).getAttribute("value"));
    await saveExplained(nurse);

    // From the mother's page to the child's, who came from the record of the delivery.
    await nurse.goto(mother);
    await nurse.locator("main a[href*='/persons/']", { hasText: "之子" }).first().click();
    await nurse.waitForLoadState();
    const child = new URL(nurse.url()).pathname;
    assert.notEqual(child, mother);
    assert.ok(await program(nurse, "0~6岁儿童健康管理").locator(".schedule li.ready, .schedule li.today, .schedule li.overdue").count(), "the newborn visit is due");
    await nurse.locator("details.more", { hasText: "其他报告卡" }).locator("summary").click();
    await nurse.locator("a[href*='/forms/child_death/child_death_card']").click();
    await nurse.waitForLoadState();
    await fill(nurse, card);
    await shot(nurse, "1-card");
    await saveExplained(nurse);

    await nurse.goto(child);
    const care = program(nurse, "0~6岁儿童健康管理");
    assert.match(await care.locator("h2").innerText(), /结案|已结/, "care ends with the death");
    assert.equal(await care.locator(".schedule li.ready, .schedule li.today, .schedule li.overdue, .schedule li.ahead").count(), 0, "nothing is due any more");
    assert.match(await nurse.locator("main").innerText(), /死亡日期/, "the page begins with it");
    assert.equal(await offers(nurse, "child"), 0, "who is dead is not offered care");
    assert.equal(await offers(nurse, "maternal"), 0);
    await shot(nurse, "2-after-death");

    // Level by level: the township passes it, the county sends it back, then passes it.
    const check = async (page, values) => {
      await fillForm(page, child, "death_card_check", { occurred_on: daysAgo(0), checked_by: "S2", ...values });
      await saveExplained(page);
    };
    await check(township, { card_check_level: "township", card_check_result: "passed" });
    const county = await open("county_worker");
    await check(county, { card_check_level: "county", card_check_result: "returned", card_check_text: "死因编码未填" });
    await nurse.goto(child);
    const deaths = program(nurse, "5岁以下儿童死亡监测");
    assert.ok(await deaths.locator("text=更正退回的死亡卡").count(), "a card that is sent back is to be corrected");
    await deaths.locator("details.one-record", { hasText: "5岁以下儿童死亡报告卡" }).locator("summary").click();
    await deaths.locator("details.one-record[open] a[href$='/correct']").click();
    await nurse.waitForLoadState();
    await fill(nurse, { underlying_icd10: "J18.9", why: "补填死因编码" });
    await saveExplained(nurse);
    await check(county, { card_check_level: "county", card_check_result: "passed" });
    await county.goto(child);
    const done = program(county, "5岁以下儿童死亡监测");
    assert.ok(await done.locator("li.done, li.late-done", { hasText: "县级审核死亡卡" }).count(), "the county's check is done");
    assert.ok(await done.locator(".done, .late-done", { hasText: "更正退回的死亡卡" }).count(), "what was sent back was corrected: done, not cancelled");
    await shot(county, "3-checked");
    await county.goto("/lists/child_death/child_deaths");
    const row = await county.locator("main tbody tr", { hasText: "江小雨" }).first().innerText();
    assert.match(row, /江小雨之子/);
    await shot(county, "4-register");

    await township.goto(mother);
    assert.match(await township.locator("main").innerText(), /死亡日期/, "the mother's page says it");
    await shot(township, "5-mother");
    const english = await open("township_worker", { width: 390, language: "en-US" });
    await english.goto(mother);
    assert.match(await english.locator("main").innerText(), /Died on/, "in the other language, too");
    assert.equal(await english.evaluate(() => document.documentElement.scrollWidth), 390, "nothing is wider than the phone");
    await shot(english, "6-mother-390-en");
    await english.goto(child);
    assert.equal(await offers(english, "child"), 0);
    assert.equal(await english.evaluate(() => document.documentElement.scrollWidth), 390, "nothing is wider than the phone");
    await shot(english, "7-child-390-en");

    // It was a stillbirth: the care that the record opened is withdrawn, and its records stay.
    await nurse.goto(mother);
    await nurse.locator("details.one-record", { hasText: "分娩" }).locator("summary").first().click();
    await nurse.locator("details.one-record[open] a[href$='/correct']").first().click();
    await nurse.waitForLoadState();
    await fill(nurse, { "g.newborn.0.live_status": "stillbirth", why: "误记为活产，实为死产" });
    await saveExplained(nurse);
    await nurse.goto(child);
    const withdrawn = program(nurse, "0~6岁儿童健康管理");
    assert.match(await nurse.locator("main").innerText(), /撤销/, "the page says that it was withdrawn");
    assert.ok(await withdrawn.locator("a[href*='/records/']").count(), "its records are kept");
    await shot(nurse, "8-withdrawn");
    await nurse.goto(mother);
    assert.doesNotMatch(await nurse.locator("main").innerText(), /死亡日期/, "nothing tells of a live child who died");
  });
});
