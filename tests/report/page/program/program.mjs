/** Loads files of the page's program without a browser, for tests of its pure functions. */
import { readdirSync, readFileSync } from "node:fs";
import vm from "node:vm";

const FOLDER = new URL("../../../../src/tailprobe/report/page/assets/program/", import.meta.url);

/** The names of the program's files. */
export const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".js"));

/** The text of one file of the program. */
export const source = (file) => readFileSync(new URL(file, FOLDER), "utf8");

/**
 * The named functions and constants of some files of the program, which run as one script as they do on the page.
 *
 * @param {string[]} files in the order of the page
 * @param {string[]} names what the test wants of them
 * @param {{ runs: object[], multi_dataset: object | null }} content the data that the page holds
 * @param {Record<string, string>} colours the style sheet's variables
 */
export function load(files, names, content = { runs: [], multi_dataset: null }, colours = {}) {
  const document = {
    getElementById: () => ({ textContent: JSON.stringify(content) }),
    documentElement: {},
  };
  const getComputedStyle = () => ({ getPropertyValue: (name) => ` ${colours[name.slice(2)] ?? ""}` });
  const script = `${files.map(source).join("\n")}\n({ ${names.join(", ")} });`;
  return vm.runInNewContext(script, { document, getComputedStyle });
}

/** A value of the script's own realm as one of this realm, so that deepEqual compares contents alone. */
export const ours = (value) => JSON.parse(JSON.stringify(value));
