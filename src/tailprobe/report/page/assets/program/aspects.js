/* Ranking, decisions and calibration side by side: no metric decides alone. */
function showAspects() {
  const aspects = run().aspects,
    found = aspects ? aspects.of[state.encoder] : [];
  by("aspects").hidden = !found.length;
  if (!found.length) return;
  const apart = found.filter((one) => !one.agree);
  by("aspect-words").textContent = apart.length
    ? `On the low-frequency classes ${many(apart.length, "method")} of ${whole(found.length)} ${apart.length === 1 ? "does" : "do"} better in one of these than in another; why is said below.`
    : "On the low-frequency classes no method does better in one of these than in another.";
  clear(by("table-aspects")).append(aspectTable(found));
  const list = clear(by("aspect-reasons"));
  apart.forEach((one) => list.append(make("li", `${brief(one.method, 60)}: ${one.reasons.join(" ")}`)));
}
const HEADS = ["ranking", "decisions", "decisions", "decisions", "calibration"];
// A difference and its interval. Brier scores of rare classes are small: one digit more.
function shownAspect(of) {
  const digits = of.metric === "brier" ? 4 : 3;
  return [signed(of.difference, digits), `${signed(of.low, digits)} to ${signed(of.high, digits)}`];
}
function aspectTable(found) {
  const element = table(
    ["method", ...found[0].metrics.map((of, at) => `${HEADS[at]}: ${words(of.metric)}`)],
    found.map((one) => [one.method, ...one.metrics.map((of) => shownAspect(of)[0])]),
    "Difference from the baseline and its own 95% interval, not corrected for the number of comparisons; of the Brier score less is better. In colour where the interval is on one side of 0.",
  );
  [...element.querySelectorAll("tbody tr")].forEach((row, at) =>
    found[at].metrics.forEach((of, column) => {
      row.children[column + 1].append(make("small", shownAspect(of)[1]));
      if (of.direction === "better") row.children[column + 1].className = "improves";
      if (of.direction === "worse") row.children[column + 1].className = "worsens";
    }),
  );
  return element;
}
