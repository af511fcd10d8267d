/** Words that are explained: where they stand first, the longest of several, and none within another word. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, ours } from "./program.mjs";

const { piecesOf } = load(["basics.js", "terms.js"], ["piecesOf"], {
  runs: [],
  multi_dataset: null,
  terms: [
    { names: ["precision"], meaning: "p" },
    { names: ["average precision"], meaning: "ap" },
    { names: ["seed"], meaning: "everyday" },
    { names: ["95% interval"], meaning: "i" },
  ],
});
const marked = (text) => ours(piecesOf(text).filter((piece) => piece.meaning).map((piece) => [piece.text, piece.meaning]));

test("the longest term is explained, once, in any case", () => {
  assert.deepEqual(marked("Average precision, then average precision and precision."), [
    ["Average precision", "ap"],
    ["precision", "p"],
  ]);
});

test("no term is found within another word, and everyday words are left alone", () => {
  assert.deepEqual(marked("imprecision, precision-like, a seed"), []);
  assert.deepEqual(marked("its 95% interval."), [["95% interval", "i"]]);
});

test("the pieces together are the text", () => {
  const text = "<b>precision</b> & more";
  assert.equal(piecesOf(text).map((piece) => piece.text).join(""), text);
});
