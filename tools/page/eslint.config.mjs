import js from "@eslint/js";

// The page joins its files into one program, so a name defined in one file is used in another: whether each name is
// defined is checked by tsc (tsconfig.json), whether each is used by tests/report/page/program/program.test.mjs.
const rules = {
  ...js.configs.recommended.rules,
  "no-undef": "off",
  eqeqeq: "error",
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-restricted-properties": [
    "error",
    { property: "innerHTML", message: "Names in the data must not become markup: use textContent." },
    { property: "outerHTML", message: "Names in the data must not become markup: use textContent." },
    { property: "insertAdjacentHTML", message: "Names in the data must not become markup: use append." },
  ],
  "no-var": "error",
  "prefer-const": "error",
};
export default [
  {
    files: ["src/tailprobe/report/page/assets/program/*.js"],
    languageOptions: { sourceType: "script", ecmaVersion: 2023 },
    rules: { ...rules, "no-unused-vars": ["error", { vars: "local" }] },
  },
  {
    files: ["src/tailprobe/review/page/*.js"], // modules, which import what they use
    languageOptions: { sourceType: "module", ecmaVersion: 2023 },
    rules,
  },
  {
    files: ["tests/**/*.mjs", "tools/page/*.mjs"],
    languageOptions: { globals: { URL: "readonly" } },
    rules: { ...js.configs.recommended.rules, eqeqeq: "error", "no-var": "error", "prefer-const": "error" },
  },
];
