/** Classes by methods: lines, order, colours and what is hatched. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, ours } from "./program.mjs";

const { mapLines, mapScale, certainty, hatched, state } = load(
  ["basics.js", "classes.js", "map.js"],
  ["mapLines", "mapScale", "certainty", "hatched", "state"],
  { runs: [{ comparison: { underpowered: { positives: 20, effect: 0.1 } }, methods: [{}, {}, { identical_ranking: true }] }], multi_dataset: null },
);
const cell = (i, m, difference) => ({ i, m, difference, name: `c${i}`, change: Math.abs(difference) });

test("classes stand in the order of their first rows, or by one method's differences", () => {
  const rows = [cell(2, 1, 0.1), cell(0, 1, -0.3), cell(0, 2, 0.2), cell(2, 2, 0.1)];
  assert.deepEqual(ours(mapLines(rows).map(({ i }) => i)), [2, 0]);
  state.map = { method: 2, up: false };
  assert.deepEqual(ours(mapLines(rows).map(({ i }) => i)), [0, 2]);
  state.map = { method: -1, up: false };
});

test("certainty is the distance from 0 in half widths of the interval", () => {
  assert.equal(certainty(-0.3, { low: -0.4, high: -0.2 }).toFixed(3), "3.000");
  assert.equal(certainty(0.1, { low: null, high: null }), null);
  assert.equal(certainty(0, { low: 0, high: 0 }), null);
});

test("one outlier does not make the other colours pale", () => {
  const rows = [...Array(19)].map((_, i) => cell(i, 1, 0.02)).concat(cell(19, 1, 0.9));
  assert.equal(mapScale(rows), 0.02);
});

test("few images are hatched unless a small effect would be detected, or none can be", () => {
  assert.equal(hatched({ m: 1, support: 5, detectable: 0.3 }), true);
  assert.equal(hatched({ m: 1, support: 5, detectable: 0.05 }), false);
  assert.equal(hatched({ m: 1, support: 50, detectable: 0.3 }), false);
  assert.equal(hatched({ m: 2, support: 5, detectable: null }), false);
});
