import assert from "node:assert/strict";
import test from "node:test";

import { load, ours } from "./program.mjs";

const page = load(
  ["basics.js"],
  ["number", "signed", "whole", "brief", "plain", "many", "whiskers", "luminance", "parts", "whitened", "pieces"],
);

test("a number has three digits unless told otherwise, and a true minus sign", () => {
  assert.equal(page.number(0.12345), "0.123");
  assert.equal(page.number(-0.5, 1), "−0.5");
});

test("what lies halfway goes to the even digit, as Python has it", () => {
  assert.deepEqual([0.0625, 0.1875, -0.0625, 0.9375].map((value) => page.number(value)), ["0.062", "0.188", "−0.062", "0.938"]);
  assert.deepEqual([0.5, 1.5, 2.5].map((value) => page.number(value, 0)), ["0", "2", "2"]);
  assert.equal(page.number(0.0005), "0.001"); // a little above the half
});

test("what is undefined is a dash, and never zero", () => {
  assert.equal(page.number(null), "–");
  assert.equal(page.number(undefined), "–");
  assert.equal(page.signed(null), "–");
});

test("what rounds to zero has no sign", () => {
  assert.equal(page.number(-0.0004), "0.000");
  assert.equal(page.signed(0.0004), "0.000");
  assert.equal(page.signed(-0.0004), "0.000");
});

test("a difference shows its sign", () => {
  assert.equal(page.signed(0.25), "+0.250");
  assert.equal(page.signed(-0.25), "−0.250");
});

test("counts have separators, and a noun in the singular or plural", () => {
  assert.equal(page.whole(40479.4), "40,479");
  assert.equal(page.many(1, "class", "classes"), "1 class");
  assert.equal(page.many(1200, "seed"), "1,200 seeds");
});

test("a long name is cut to the letters allowed, whole characters only", () => {
  assert.equal(page.brief("agriculture", 5), "agri…");
  assert.equal(page.brief("🌲🌲🌲🌲", 3), "🌲🌲…");
  assert.equal(page.brief("mine", 4), "mine");
});

test("a name may be broken after brackets, marks and hyphens, never within a word or before a few letters", () => {
  assert.deepEqual(ours(page.pieces("undersample(low-frequency)")), ["undersample(", "low-frequency)"]);
  assert.deepEqual(ours(page.pieces("reweight(1.5)")), ["reweight(1.5)"]);
  assert.deepEqual(ours(page.pieces("tau_norm + linear")), ["tau_norm +", " linear"]);
  assert.deepEqual(ours(page.pieces("move_threshold")), ["move_", "threshold"]);
  assert.deepEqual(ours(page.pieces("")), [""]);
});

test("a word that no line would hold is broken, between whole characters", () => {
  assert.deepEqual(ours(page.pieces("n".repeat(50)).map((piece) => piece.length)), [20, 20, 10]);
  assert.deepEqual(ours(page.pieces("🌲".repeat(25))), ["🌲".repeat(20), "🌲".repeat(5)]);
});

test("a name in a picture is no markup, no formula, and isolated in its direction", () => {
  assert.equal(page.plain("<b>&$x$"), "\u2068&lt;b&gt;&amp;&#36;x&#36;\u2069");
  // Cut first, escaped after: an entity is never cut in two.
  assert.equal(page.plain("&&&&", 3), "\u2068&amp;&amp;…\u2069");
});

test("a metric is written in words with its threshold", () => {
  const titles = { "recall@0.5": "recall at a threshold of 0.5" };
  const { words, state } = load(["basics.js"], ["words", "state"], { runs: [{ titles }], multi_dataset: null });
  state.run = 0;
  assert.equal(words("recall@0.5"), "recall at a threshold of 0.5");
  assert.equal(words("unknown"), "unknown");
});

test("whiskers reach from the middle to each end of the interval", () => {
  assert.deepEqual(ours(page.whiskers([0.5], [0.75], [2])), {
    type: "data",
    symmetric: false,
    array: [1.25],
    arrayminus: [0.25],
  });
});

test("luminance is WCAG's: black 0, white 1, and mid grey 0.216", () => {
  assert.equal(page.luminance(page.parts("#000000")), 0);
  assert.ok(Math.abs(page.luminance(page.parts("#ffffff")) - 1) < 1e-12);
  assert.ok(Math.abs(page.luminance(page.parts("#808080")) - 0.2159) < 1e-3);
});

test("a colour whitened by all is white, by nothing itself", () => {
  assert.deepEqual(ours(page.whitened([0.2, 0.4, 0.6], 1)), [1, 1, 1]);
  assert.deepEqual(ours(page.whitened([0.2, 0.4, 0.6], 0)), [0.2, 0.4, 0.6]);
});

test("a method's colour stays on white paper and has a contrast of 3 to 1 on dark paper", () => {
  const light = load(["basics.js"], ["visible"], undefined, { paper: "#ffffff" });
  assert.equal(light.visible("#112233"), "#112233");
  const paper = "#14171c";
  const dark = load(["basics.js"], ["visible", "luminance", "parts"], undefined, { paper });
  const shown = dark.visible("#112233").match(/\d+/g).map((c) => Number(c) / 255);
  const contrast = (page.luminance(shown) + 0.05) / (page.luminance(page.parts(paper)) + 0.05);
  assert.ok(contrast > 2.95 && contrast < 3.5, `contrast ${contrast}`);
});
