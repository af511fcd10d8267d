/* The paper's findings and numbers beside this run's; of a run that repeats a study of the paper's. */
function showPaper() {
  const p = run().paper;
  by("paper").hidden = by("nav-paper").hidden = !p;
  if (!p) return;
  const list = clear(by("paper-findings"));
  p.findings.forEach((line) => list.append(make("li", line)));
  const percent = (value) => signed(value === null ? null : 100 * value, 1);
  const range = (a) => (a.low === null ? "" : ` (${percent(a.low)}, ${percent(a.high)})`);
  clear(by("table-paper-findings")).append(
    table(
      ["method", "classes", "metric", "the paper", "here, in %", "detectable", "verdict"],
      p.answers
        .filter((a) => a.encoder === state.encoder)
        .map((a) => [
          a.method,
          a.class_name,
          a.metric,
          a.claim,
          percent(a.difference) + range(a),
          a.minimum_detectable_effect === null ? "–" : number(100 * a.minimum_detectable_effect, 1),
          a.verdict,
        ]),
    ),
  );
  by("caption-paper").textContent = p.caption;
  const plainly = (value) => (value < 1 ? number(value) : String(Number(value.toPrecision(6))));
  clear(by("table-paper-facts")).append(
    table(
      ["", "the paper", "here", "difference"],
      p.facts.map((f) => [f.what, plainly(f.paper), plainly(f.here), `${percent(f.relative)}%`]),
    ),
  );
}
