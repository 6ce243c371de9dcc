// A hospital nurse records twins, and what was due before the birth is settled; the village doctor, on a phone, makes the
// postpartum visit.
import assert from "node:assert/strict";
import { test } from "node:test";
import { book, daysAgo, fill, fillForm, go, inCounty, refer, saveExplained } from "../county.js";

const delivery = {
  occurred_on: daysAgo(5), delivered_at: "08:40", admitted_on: daysAgo(6), discharged_on: daysAgo(2), delivery_place: "county_hospital",
  attendant: "S1", fetus_count: "2", delivery_mode: "spontaneous", blood_loss_intrapartum_ml: "150", blood_loss_2h_ml: "200",
  blood_loss_24h_ml: "260", perineum: "intact", complications: "none", critical: "false", systolic_mmhg: "118", diastolic_mmhg: "74",
  mother_outcome: "alive",
};
const newborn = (row, order, sex, weight) => ({
  [`g.newborn.${row}.birth_order`]: order, [`g.newborn.${row}.live_status`]: "live", [`g.newborn.${row}.sex`]: sex,
  [`g.newborn.${row}.weight_g`]: weight, [`g.newborn.${row}.apgar_1`]: "9", [`g.newborn.${row}.birth_defect`]: "false",
  [`g.newborn.${row}.outcome_at_discharge`]: "alive",
});

test("twins are born and the right duties end and begin", async () => {
  await inCounty("hospital", async ({ open, shot }) => {
    const township = await open("township_worker");
    const person = await book(township, "江小雨", "1996-05-01", 265, 200);
    const before = await township.goto(person).then(() => township.locator(".schedule").innerText());
    assert.match(before, /产/, "antenatal contacts are planned");
    await refer(township, person, "routine", { reason: "待产", findings: "双胎，足月", treatment: "无", asked: "住院分娩" });

    const nurse = await open("nurse");
    await nurse.goto("/referrals");
    await nurse.locator(".referral-line", { hasText: "江小雨" }).locator("button[value=accept]").click();
    await nurse.waitForLoadState();
    await fillForm(nurse, person, "delivery", delivery);
    const place = nurse.locator("input[name='f.delivery_institution']");
    if (await place.isVisible()) await place.fill(await nurse.locator("#organizations option", { hasText: "云溪县医院" }).getAttribute("value"));
    await fill(nurse, newborn(0, "1", "female", "2650"));
    await shot(nurse, "1-delivery");
    // One row for two children is refused, and nothing typed is lost.
    await go(nurse, "button[value=save]");
    assert.ok(await nurse.locator(".wrong:visible, .ask:visible").count(), "two children, one row: said");
    await go(nurse, "button[value='add:newborn']");
    assert.equal(await nurse.inputValue("[name='g.newborn.0.weight_g']"), "2650");
    await fill(nurse, newborn(1, "2", "male", "2580"));
    await saveExplained(nurse);
    await shot(nurse, "2-born");
    await nurse.goto(person);
    const story = await nurse.locator("main").innerText();
    assert.match(story, /产后天数\s*5 天/, "days since the delivery are days, not weeks of pregnancy");
    assert.doesNotMatch(story, /孕周\(天\)/, "there is no gestational age after the delivery");
    const open_before = await nurse.locator(".schedule li.overdue, .schedule li.ready, .schedule li.today", { hasText: "产检" }).count();
    assert.equal(open_before, 0, "no antenatal contact is asked for any more");
    assert.ok(await nurse.locator(".schedule li.ready, .schedule li.today, .schedule li.overdue", { hasText: "产后访视" }).count(), "the postpartum visit is due");
    assert.ok(await nurse.locator(".schedule li.ahead, .schedule li.ready", { hasText: "42" }).count(), "so is the examination after six weeks");
    await shot(nurse, "3-story");

    const village = await open("village_doctor", { width: 390 });
    await village.goto("/");
    await shot(village, "4-village-390");
    await village.goto(person);
    await village.goto(await village.locator(".schedule a[href*='/postpartum_visit']").first().getAttribute("href"));
    assert.equal(await village.evaluate(() => document.documentElement.scrollWidth), 390, "nothing is wider than the phone");
    await fill(village, {
      occurred_on: daysAgo(0), visit_mode: "home", temperature_c: "36.6", general_condition: "好", mental_condition: "好",
      critical_signs: "none", systolic_mmhg: "114", diastolic_mmhg: "70", breast_left: "normal", breast_right: "normal",
      lochia: "normal", uterus_involution: "normal", wound: "normal", feeding: "exclusive_breast", guidance: "breastfeeding",
      classification: "normal", referred: "false", next_visit_on: daysAgo(-35), doctor: "V1",
    });
    await shot(village, "5-visit-390");
    await saveExplained(village);
    await shot(village, "6-visited-390");
    await village.goto(person);
    assert.ok(await village.locator(".schedule li.done, .schedule li.late-done", { hasText: "产后访视" }).count(), "the visit is done");
  });
});
