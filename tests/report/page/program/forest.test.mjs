/** What the answer's chart shows: nothing is pressed together by one outlier. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, ours } from "./program.mjs";

const { forestSpan, placeIn, roundTicks, gainRange, neverChanged } = load(
  ["basics.js", "forest.js", "gains.js"],
  ["forestSpan", "placeIn", "roundTicks", "gainRange", "neverChanged"],
);
const row = (difference, reach) => ({ difference, low: difference - reach, high: difference + reach });

test("all intervals are drawn whole where they are alike", () => {
  const { start, end } = forestSpan([row(0.02, 0.03), row(-0.01, 0.04)], 0.02);
  assert.ok(start < -0.05 && start > -0.06);
  assert.ok(end > 0.05 && end < 0.06);
});

test("an outlier is cut at two and a half times the median reach", () => {
  const { start, end } = forestSpan([row(0, 0.05), row(0, 0.05), row(-0.6, 0.1)], 0.02);
  assert.ok(start > -0.15 && start < -0.125);
  assert.ok(end < 0.07);
});

test("zero and the margin are always in sight", () => {
  const span = forestSpan([row(0.1, 0.01)], 0.02);
  assert.ok(placeIn(span, -0.02) > 0 && placeIn(span, 0.11) < 100);
});

test("ticks are round numbers, six at most", () => {
  const ticks = ours(roundTicks({ start: -0.13, end: 0.11 }));
  assert.deepEqual(ticks.map((value) => Number(value.toFixed(2))), [-0.1, -0.05, 0, 0.05, 0.1]);
});

const FOUND = {
  methods: ["reweight(1.5)", "a", "b"],
  difference: [0.01, 0.1, 0.12],
  ranking: [0, 0.02, 0.01],
  ranking_low: [null, 0, 0],
  ranking_high: [null, 0.04, 0.02],
  threshold: [0.01, 0.08, 0.11],
  threshold_low: [0, 0.06, 0.1],
  threshold_high: [0.02, 0.1, 0.12],
};

test("a part that never changed leaves the parts of the others their room, and is explained", () => {
  const [start, end] = gainRange(FOUND);
  assert.ok(start > -0.05 && end < 0.2);
  assert.match(neverChanged(FOUND), /^The ranking part of reweight\(1.5\) was 0 in every seed/);
  assert.equal(neverChanged({ ...FOUND, ranking_low: [0, 0, 0], ranking_high: [0, 0.04, 0.02] }), "");
});
