/* Methods over classes, data sets and encoders, and what tuning on the test part would have shown. */
const toned = (name) => {
  const method = RUNS[0].methods.find((m) => m.name === name);
  return { colour: visible(method.colour), symbol: method.symbol };
};
const marksOf = (names, size) => ({
  size,
  color: names.map((name) => toned(name).colour),
  symbol: names.map((name) => toned(name).symbol),
  line: { color: colour("ink"), width: 1 },
});
const listed = (names, top) => ({
  tickvals: names.map((_, at) => at),
  ticktext: names.map((name) => plain(name, 28)),
  range: [names.length - 0.5, top],
  zeroline: false,
});
function showMultiDataset() {
  by("multi-dataset").hidden = !MULTI_DATASET;
  if (!MULTI_DATASET) return;
  const few = !MULTI_DATASET.blocks.length;
  by("h-multi-dataset").textContent = few ? "Ranks and probability of improvement" : "Ranks and probability of improvement over the runs and encoders";
  showRanks(few);
  showImprovement();
  showProfiles();
  showMeans();
}
// Means of the middle half of all runs: no single data set decides them.
function showMeans() {
  const a = MULTI_DATASET,
    rows = a.methods.map((name, m) => [name, a.interquartile_mean[m]]);
  clear(by("table-means")).append(
    table(
      ["method", "interquartile mean", "95% interval"],
      rows.map(([name, of]) => [name, number(of.value), `${number(of.low)} to ${number(of.high)}`]),
      `Mean of the middle half of the runs in ${words(a.metric)}, low-frequency classes (Agarwal et al. 2021)`,
    ),
  );
}
/* A critical-difference diagram: methods by average rank, bars over those that do not differ. */
function showRanks(few) {
  const a = MULTI_DATASET;
  by("figure-ranks").hidden = !a.ranked;
  if (!a.ranked) return;
  const order = a.methods.map((_, m) => m).sort((x, y) => a.ranks[x] - a.ranks[y]),
    names = order.map((m) => a.methods[m]);
  const bar = (clique, at) => {
    const inside = clique.map((m) => a.ranks[m]),
      lane = -1 - 0.5 * at;
    return {
      type: "scatter",
      mode: "lines",
      x: [Math.min(...inside), Math.max(...inside)],
      y: [lane, lane],
      line: { width: 5, color: colour("muted") },
      hovertemplate: "do not differ by this test<extra></extra>",
    };
  };
  const points = {
    type: "scatter",
    mode: "markers",
    x: order.map((m) => a.ranks[m]),
    y: order.map((_, at) => at),
    marker: marksOf(names, 11),
    customdata: names.map((name) => plain(name)),
    hovertemplate: "%{customdata}: average rank %{x:.2f}<extra></extra>",
  };
  draw("plot-ranks", [...a.cliques.map(bar), points], {
    height: 120 + 24 * order.length + 13 * a.cliques.length,
    showlegend: false,
    yaxis: { ...listed(names, -1.2 - 0.5 * a.cliques.length), showgrid: false },
    xaxis: { title: { text: "average rank, 1 is the best" } },
  });
  by("caption-ranks").textContent =
    `Average rank in ${words(a.metric)} over ${few ? many(a.ranked, "class", "classes") : many(a.ranked, "run and encoder", "runs and encoders")}. ` +
    (a.friedman_p === null ? "" : `Friedman's test that none differs: p ${tiny(a.friedman_p)}. `) +
    `A bar joins methods whose ranks lie within ${number(a.critical_difference, 2)} of each other (Nemenyi's critical difference, Demšar 2006). ` +
    (few
      ? "Classes share images, so this describes; the verdicts are what to act on."
      : "Encoders of one run share images, which this test does not know.");
}
const tiny = (p) => (p < 0.001 ? "below 0.001" : `= ${number(p, 3)}`);
function showImprovement() {
  const a = MULTI_DATASET,
    others = a.methods.slice(1),
    side = (which) => a.improvement.map((found) => found[which]);
  draw(
    "plot-improvement",
    [
      {
        type: "scatter",
        mode: "markers",
        x: side("value"),
        y: others.map((_, at) => at),
        marker: marksOf(others, 10),
        error_x: { ...whiskers(side("low"), side("value"), side("high")), color: colour("muted"), thickness: 2 },
        customdata: others.map((name, at) => [plain(name), a.improvement[at].low, a.improvement[at].high]),
        hovertemplate: "%{customdata[0]}: %{x:.2f} (%{customdata[1]:.2f} to %{customdata[2]:.2f})<extra></extra>",
      },
    ],
    {
      height: 110 + 26 * others.length,
      yaxis: listed(others, -0.5),
      shapes: [
        { type: "line", x0: 0.5, x1: 0.5, yref: "paper", y0: 0, y1: 1, line: { color: colour("muted"), width: 2 } },
      ],
      xaxis: { range: [-0.03, 1.03], zeroline: false, title: { text: `probability to beat ${brief(a.methods[0], 20)}` } },
    },
  );
  by("caption-improvement").textContent =
    `How probable it is that a run of the method beats one of ${a.methods[0]} on the low-frequency classes (Agarwal et al. 2021); whiskers: 95%. Seeds of a collection share images, and so do its encoders; the whiskers know it.`;
}
function showProfiles() {
  const a = MULTI_DATASET,
    legend = 22 * Math.ceil(a.methods.length / 3);
  draw(
    "plot-profile",
    a.methods.map((name, m) => ({
      type: "scatter",
      mode: "lines",
      name: plain(name, 24),
      x: a.profile.steps,
      y: a.profile.of[m].value,
      customdata: a.profile.of[m].low.map((low, i) => [low, a.profile.of[m].high[i]]),
      line: { color: m ? toned(name).colour : colour("muted"), width: 2, shape: "hv" },
      hovertemplate: "%{y:.2f} of the runs above %{x:.2f} (95%: %{customdata[0]:.2f} to %{customdata[1]:.2f})",
    })),
    {
      height: Math.max(300, 110 + 26 * (a.methods.length - 1)) + legend,
      showlegend: true,
      xaxis: { title: { text: words(a.metric) }, range: [0, 1] },
      yaxis: { title: { text: "share of runs above" }, range: [-0.02, 1.02] },
    },
  );
  by("caption-profile").textContent =
    "Performance profiles: of all runs, the share whose mean over the low-frequency classes is above each value.";
}
/* ---- optimism ---- */
function showOptimism() {
  const r = run(),
    means = r.comparison.means[state.encoder],
    wanted = Object.keys(means),
    groups = r.comparison.groups.map((name, g) => [name, g]).filter(([name]) => name !== "all");
  by("optimism").hidden = !wanted.length;
  if (!wanted.length) return;
  const rule = wanted.find((metric) => metric.startsWith("optimism@")),
    low = r.comparison.groups.indexOf("low-frequency"),
    optimism = rule ? means[rule].map((row) => row[low]).filter((v) => v !== null) : [];
  by("optimism-words").textContent =
    (optimism.length
      ? `Thresholds are tuned on the validation part. Tuned on the test part itself, as is often done, the low-frequency classes would have seemed ${number(Math.min(...optimism))} to ${number(Math.max(...optimism))} better in ${measured(rule)}, by method: that much would be optimism, not skill. `
      : "") + "Brier score and calibration error are better the lower; the first is small for any rare class.";
  const columns = wanted.flatMap((metric) => groups.map(([name, g]) => [metric, name, g]));
  const cell = (m, metric, g) => (metric.startsWith("optimism@") ? signed : number)(means[metric][m][g]);
  clear(by("table-optimism")).append(
    table(
      ["method", ...columns.map(([metric, name]) => `${titled(metric)}, ${name}`)],
      r.methods.map(({ name }, m) => [name, ...columns.map(([metric, , g]) => cell(m, metric, g))]),
    ),
  );
}
function showOfAllClasses() {
  const r = run(),
    values = r.comparison.of_all_classes[state.encoder],
    metrics = Object.keys(values);
  by("of-all-classes").hidden = !metrics.length;
  if (!metrics.length) return;
  clear(by("table-of-all-classes")).append(
    table(
      ["method", ...metrics.map(words)],
      r.methods.map(({ name }, m) => [name, ...metrics.map((metric) => number(values[metric][m]))]),
    ),
  );
}
function measured(rule) {
  const [name, argument] = rule.slice("optimism@".length).split(/[()]/);
  if (name === "cost") return "the share of the cost saved";
  return name === "precision" ? "precision" : `F${argument || 2}`;
}
const titled = (metric) =>
  metric.startsWith("optimism@") ? `optimism, ${metric.slice("optimism@".length)}` : metric.replace(/_/g, " ");
