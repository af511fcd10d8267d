/* Where a gain in decisions comes from: of each method the part that is a better ranking, then the part that is threshold. */
const RECALL = "recall@0.5";
// The metric that is shown: the page's, where it is one of decisions, else recall at the first rule.
function decisionMetric() {
  const metrics = run().gain_sources.metrics;
  return [state.metric, RECALL, metrics[0]].find((metric) => metrics.includes(metric));
}
function showGainSources() {
  const sources = run().gain_sources,
    metric = sources && decisionMetric(),
    found = sources && sources.of[state.encoder][metric];
  by("gain-sources").hidden = !found;
  if (!found) return;
  explained(by("gain-sentence"), found.sentence);
  const looks = found.methods.map((name) => run().methods.findIndex((method) => method.name === name)),
    rows = found.methods.map((_, at) => at);
  draw(
    "plot-gains",
    [
      gainPart(found, "ranking", rows.map(() => 0), "accent", -0.34),
      gainPart(found, "threshold", found.ranking, "rest", 0.02),
    ],
    {
      height: 130 + 44 * rows.length,
      barmode: "overlay",
      showlegend: true,
      yaxis: {
        tickvals: rows,
        ticktext: looks.map((m) => plain(brief(run().methods[m].name, 32), 70)),
        range: [rows.length - 0.5, -0.5],
        zeroline: false,
      },
      xaxis: { title: { text: "← worse, better →" }, zeroline: true, zerolinewidth: 2, range: gainRange(found) },
    },
  );
  by("gain-unknown").textContent = neverChanged(found);
  explained(by("caption-gains"), `The low-frequency classes' ${words(metric)}, each method's less that of its baseline, in two steps. First with as many images flagged as by the baseline: what the ranking alone gains. Then at the method's own threshold, from there on: what flagging more or fewer images adds. Whiskers without caps: 95% interval of each part by itself, not corrected; one that reaches far beyond the others is cut at the edge.`);
  by("plot-gains").setAttribute(
    "aria-label",
    found.methods
      .map((name, at) => `${name} ${signed(found.difference[at])}: ranking ${signed(found.ranking[at])}, threshold ${signed(found.threshold[at])}`)
      .join("; "),
  );
  clear(by("table-gains")).append(gainTable(found));
}
// What is drawn, as of the answer: one method's interval does not press the others together.
function gainRange(found) {
  const rows = found.methods.map((_, at) => ({
      difference: found.difference[at],
      low: Math.min(found.ranking_low[at], found.ranking[at] + found.threshold_low[at]), // none: 0
      high: Math.max(found.ranking_high[at], found.ranking[at] + found.threshold_high[at]),
    })),
    { start, end } = forestSpan(rows, 0);
  return [start, end];
}
const unchanged = (found, part, at) => found[part][at] === 0 && found[`${part}_low`][at] === null;
// Parts that were 0 under every seed have no interval: that is no proof of 0, and how far from it cannot be estimated.
function neverChanged(found) {
  const same = found.methods.filter((_, at) => unchanged(found, "ranking", at));
  return same.length
    ? `The ranking part of ${same.map((name) => brief(name, 40)).join(", ")} was 0 in every seed, so that it has no interval; so few test images may hide a small change.`
    : "";
}
function gainPart(found, part, base, tone, offset) {
  const end = found[part].map((value, at) => base[at] + value),
    edge = (side) => found[`${part}_${side}`].map((value, at) => base[at] + value);
  return {
    type: "bar",
    orientation: "h",
    name: part === "ranking" ? "better ranking" : "moved threshold",
    base,
    x: found[part],
    y: found.methods.map((_, at) => at),
    width: 0.32,
    offset,
    marker: { color: colour(tone) },
    error_x: {
      ...whiskers(
        edge("low"),
        end,
        edge("high"),
      ),
      color: colour("muted"),
      thickness: 1.6,
      width: 0, // caps are for intervals of a question
    },
    customdata: found.methods.map((name, at) => [
      plain(name),
      signed(found[part][at]),
      span(found, part, at),
    ]),
    hovertemplate: "%{customdata[0]}: %{customdata[1]} (%{customdata[2]})<extra></extra>",
  };
}
function span(found, part, at) {
  const [low, high] = [found[`${part}_low`][at], found[`${part}_high`][at]];
  if (low === null) return unchanged(found, part, at) ? "no change in any seed" : "–";
  return part === "ranking" && low === 0 && high === 0 ? "0 by construction" : `${signed(low)} to ${signed(high)}`;
}
function gainTable(found) {
  return table(
    ["method", "difference", "ranking part", "95% interval", "threshold part", "95% interval", "images flagged", "by the baseline"],
    found.methods.map((name, at) => [
      name,
      signed(found.difference[at]),
      signed(found.ranking[at]),
      span(found, "ranking", at),
      signed(found.threshold[at]),
      span(found, "threshold", at),
      number(found.flagged[at], 1),
      number(found.flagged_baseline[at], 1),
    ]),
  );
}
