import assert from "node:assert/strict";
import test from "node:test";

import { FILES, source } from "./program.mjs";

const PROGRAM = FILES.map(source).join("\n");
const DECLARED = [...PROGRAM.matchAll(/^(?:const|let|function) (\w+)/gm)].map((match) => match[1]);

test("every function and constant of the program is used", () => {
  const times = (name) => PROGRAM.match(new RegExp(`(?<![\\w$])${name}(?![\\w$])`, "g")).length;
  assert.deepEqual(
    DECLARED.filter((name) => times(name) < 2),
    [],
  );
});

test("no name is declared by two files", () => {
  assert.deepEqual(
    DECLARED.filter((name, at) => DECLARED.indexOf(name) !== at),
    [],
  );
});
