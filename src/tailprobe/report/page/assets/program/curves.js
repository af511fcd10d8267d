/* Trade-off, curves of a class, and training. */
/* ---- 4 trade-off and curves ---- */
function showTradeoff() {
  const of = numbers(),
    low = column("low-frequency"),
    rest = column("remaining");
  const bars = (m, k) => ({
    type: "data",
    symmetric: false,
    array: [of.high[m][k] - of.difference[m][k]],
    arrayminus: [of.difference[m][k] - of.low[m][k]],
    thickness: 1.2,
    color: colour("muted"),
  });
  draw(
    "plot-tradeoff",
    remedies().map(({ m, name, colour: hex }) => ({
      type: "scatter",
      mode: "markers",
      name: plain(name),
      x: [of.difference[m][rest]],
      y: [of.difference[m][low]],
      error_x: bars(m, rest),
      error_y: bars(m, low),
      marker: { size: 13, color: seen(hex), line: { color: colour("ink"), width: 1 } },
      hovertemplate: plain(name) + "<br>others %{x:+.3f}, low-frequency %{y:+.3f}<extra></extra>",
    })),
    {
      height: 440,
      xaxis: { title: { text: "difference on the remaining classes" }, zeroline: true, zerolinewidth: 2 },
      yaxis: { title: { text: "difference on the low-frequency classes" }, zeroline: true, zerolinewidth: 2 },
    },
  );
  by("caption-tradeoff").textContent =
    `In ${words(state.metric)}. Up is a gain for the rare, left a loss for the others; whiskers: ${reach()}.`;
  const c = run().curves,
    at = Number(by("curve-class").value),
    steps = c.steps;
  const lines = (make1) =>
    c.methods.map((method) => {
      const hex = run().methods.find((m) => m.name === method).colour;
      return {
        mode: "lines+markers",
        marker: { size: 4 },
        name: plain(method),
        line: { color: seen(hex), width: 2 },
        ...make1(c.curves[state.encoder][method][at]),
      };
    });
  const unit = { range: [-0.02, 1.02] },
    small = (x, y) => ({ height: 290, xaxis: { ...unit, title: { text: x } }, yaxis: { ...unit, title: { text: y } } });
  draw(
    "plot-precision",
    lines((d) => ({ x: steps, y: d.precision, hovertemplate: "recall %{x:.2f}, precision %{y:.2f}<extra></extra>" })),
    small("recall", "precision"),
  );
  draw(
    "plot-threshold",
    lines((d) => ({
      x: steps,
      y: d.f1_at,
      customdata: d.recall_at.map((v, i) => [v, d.precision_at[i]]),
      hovertemplate:
        "threshold %{x:.2f}: F1 %{y:.2f}, recall %{customdata[0]:.2f}, precision %{customdata[1]:.2f}<extra></extra>",
    })),
    small("threshold", "F1"),
  );
  draw(
    "plot-calibration",
    [
      {
        mode: "lines",
        x: [0, 1],
        y: [0, 1],
        line: { dash: "dot", color: colour("muted") },
        hoverinfo: "skip",
        showlegend: false,
      },
      ...lines((d) => ({
        x: d.reliability[0],
        y: d.reliability[1],
        customdata: d.reliability[2],
        hovertemplate: "score %{x:.2f}: %{y:.2f} positive, %{customdata} images<extra></extra>",
      })),
    ],
    small("score", "share of positives"),
  );
}

/* ---- 5 training ---- */
function showTraining() {
  const all = run().training[state.encoder],
    list = clear(by("late")),
    name = run().methods[Number(by("training-method").value)].name;
  Object.entries(all).forEach(([method, t]) => {
    if (2 * t.late >= t.seeds)
      list.append(
        make(
          "li",
          `${method} had not converged: in ${t.late} of ${t.seeds} seed(s) its lowest validation loss was that of the last epoch. More epochs may change its scores.`,
          "warning",
        ),
      );
  });
  const t = all[name],
    epochs = t.validation_loss[1].map((_, i) => i + 1);
  const band = (kind, hex, dash) => [
    { mode: "lines", x: epochs, y: t[kind][0], line: { width: 0 }, hoverinfo: "skip", showlegend: false },
    {
      mode: "lines",
      x: epochs,
      y: t[kind][2],
      line: { width: 0 },
      fill: "tonexty",
      fillcolor: hex + "33",
      hoverinfo: "skip",
      showlegend: false,
    },
    {
      mode: "lines",
      x: epochs,
      y: t[kind][1],
      name: kind.replace("_", " "),
      line: { color: hex, dash, width: 2.5 },
      hovertemplate: "epoch %{x}: %{y:.4f}<extra></extra>",
    },
  ];
  draw(
    "plot-training",
    [...band("training_loss", colour("rest"), "dash"), ...band("validation_loss", colour("low"), "solid")],
    { height: 360, xaxis: { title: { text: "epoch" } }, yaxis: { title: { text: "loss" }, type: "log" } },
  );
}
