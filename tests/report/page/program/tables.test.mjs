import assert from "node:assert/strict";
import test from "node:test";

import { load, ours } from "./program.mjs";

const { order, counting, largest, tiny, titled, measured } = load(
  ["basics.js", "answer.js", "data.js", "classes.js", "multi_dataset.js", "rest.js"],
  ["order", "counting", "largest", "tiny", "titled", "measured"],
);
const row = (i, fields) => ({ i, m: 0, low: false, count: 100, ...fields });
const sorted = (rows, column, up) => [...rows].sort(order({ column, up })).map(({ i }) => i);

test("rows in the order of count put low-frequency classes first, then the rarest", () => {
  const rows = [row(0, { count: 5 }), row(1, { count: 90, low: true }), row(2, { count: 3, low: true })];
  assert.deepEqual(sorted(rows, "count", true), [2, 1, 0]);
});

test("undefined values come last in either direction", () => {
  const rows = [row(0, { value: null }), row(1, { value: 0.2 }), row(2, { value: 0.9 })];
  assert.deepEqual(sorted(rows, "value", true), [1, 2, 0]);
  assert.deepEqual(sorted(rows, "value", false), [2, 1, 0]);
});

test("text is ordered as text, and equal rows by count and place", () => {
  const rows = [row(0, { name: "b" }), row(1, { name: "a", count: 9 }), row(2, { name: "a", count: 3 })];
  assert.deepEqual(sorted(rows, "name", true), [2, 1, 0]);
  assert.deepEqual(sorted(rows, "name", false), [0, 2, 1]);
});

test("counts far apart get a logarithmic axis, close ones a linear one from zero", () => {
  assert.equal(counting([1000, 10, 0], "images").type, "log");
  assert.deepEqual(ours(counting([190, 10], "images")), { rangemode: "tozero", title: { text: "images" } });
});

test("the largest of undefined values is undefined", () => {
  assert.equal(largest([null, null]), null);
  assert.equal(largest([0.1, null, 0.3]), 0.3);
});

test("a small p is below a bound", () => {
  assert.equal(tiny(0.0004), "below 0.001");
  assert.equal(tiny(0.0421), "= 0.042");
});

test("what a threshold rule is measured in is named", () => {
  assert.equal(measured("optimism@cost(10)"), "the share of the cost saved");
  assert.equal(measured("optimism@f_beta(2)"), "F2");
  assert.equal(measured("optimism@precision(0.9)"), "precision");
  assert.equal(titled("optimism@tuned"), "optimism, tuned");
  assert.equal(titled("calibration_error"), "calibration error");
});
