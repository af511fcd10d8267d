/* The answer, and what the data is. */
/* ---- 0 the answer ---- */
function showAnswer() {
  const r = run(),
    advice = r.recommendation;
  by("question").textContent = `Which remedy helps the rare classes of “${brief(r.name, 120)}”?`;
  by("sentence").textContent = advice
    ? advice.sentence
    : `The methods were not tested against each other here; of ${r.methods.length - 1}, ${r.chosen} has the highest mean on the low-frequency classes.`;
  const facts = clear(by("certainty"));
  const fact = (name, value, small) => {
    const box = make("div");
    const dd = make("dd", value);
    if (small) dd.append(make("small", small));
    box.append(make("dt", name), dd);
    facts.append(box);
  };
  if (advice) {
    fact("use", advice.method === "baseline" ? "no remedy" : advice.method, `encoder ${advice.encoder}`);
    if (advice.method !== "baseline") {
      fact(
        "low-frequency classes gain",
        signed(advice.gain),
        `${signed(advice.gain_low)} to ${signed(advice.gain_high)}`,
      );
      fact("the others change by", signed(advice.cost), `${signed(advice.cost_low)} to ${signed(advice.cost_high)}`);
      fact(
        "certainty",
        advice.certainty === null ? "–" : `${(100 * advice.certainty).toFixed(1)}%`,
        "that it is no worse than none",
      );
    }
  }
  fact(
    "images",
    whole(r.collection.images),
    `${r.classes.length} classes, ${r.classes.filter((c) => c.low).length} low-frequency`,
  );
  fact(
    "heads trained",
    whole(r.methods.length * r.encoders.length * r.about.seeds.length),
    `${r.about.seeds.length} seed(s)`,
  );
  const of = numbers(),
    k = column("low-frequency"),
    methods = remedies().reverse();
  const y = methods.map((method) => plain(method.name));
  const at = (side) => methods.map(({ m }) => of[side][m][k]);
  const middle = at("difference");
  draw(
    "plot-answer",
    [
      {
        type: "scatter",
        mode: "markers",
        x: middle,
        y,
        marker: { size: 12, color: methods.map((m) => seen(m.colour)), line: { color: colour("ink"), width: 1 } },
        error_x: {
          type: "data",
          symmetric: false,
          array: at("high").map((h, i) => h - middle[i]),
          arrayminus: at("low").map((l, i) => middle[i] - l),
          color: colour("muted"),
          thickness: 2,
        },
        customdata: methods.map(({ m }) => [of.value[m][k], of.value[0][k], of.low[m][k], of.high[m][k]]),
        hovertemplate:
          "%{y}<br>difference %{x:+.3f} (%{customdata[2]:+.3f} to %{customdata[3]:+.3f})<br>%{customdata[0]:.3f}, baseline %{customdata[1]:.3f}<extra></extra>",
      },
    ],
    {
      height: 90 + 34 * methods.length,
      xaxis: {
        title: { text: "difference" },
        zeroline: true,
        zerolinewidth: 2,
      },
    },
  );
  by("caption-answer").textContent =
    `Difference from the baseline in ${words(state.metric)} of the low-frequency classes: mean over ${r.about.seeds.length} seed(s), paired with the baseline of the same seed; whiskers: ${reach()}. Right of the line is better.`;
  by("plot-answer").setAttribute(
    "aria-label",
    methods.map(({ m, name }) => `${name} ${signed(of.difference[m][k])}`).join("; "),
  );
  showRuns();
}
function showRuns() {
  const box = clear(by("runs-compared"));
  if (RUNS.length < 2) return;
  box.append(
    make("h2", "The runs side by side"),
    table(
      ["run", "images", "classes", "use", "gain, low-frequency", "change, others"],
      RUNS.map((r) => [
        r.name,
        whole(r.collection.images),
        String(r.classes.length),
        r.recommendation ? r.recommendation.method : r.chosen,
        r.recommendation ? signed(r.recommendation.gain) : "–",
        r.recommendation ? signed(r.recommendation.cost) : "–",
      ]),
    ),
  );
}

/* ---- 1 the data ---- */
function showData() {
  const r = run(),
    c = r.collection,
    counts = r.classes.map((k) => k.count);
  const most = Math.max(...counts),
    least = Math.min(...counts);
  by("data-words").textContent =
    `${whole(c.images)} ${c.kind} images, ${r.classes.length} classes, ${c.cardinality.toFixed(2)} classes an image; the most frequent class is on ${(most / Math.max(least, 1)).toFixed(0)} times as many images as the rarest.`;
  const notes = clear(by("data-notes"));
  [...c.notes, ...c.skipped.map((line) => `left out: ${line}`)]
    .slice(0, 40)
    .forEach((note) => notes.append(make("li", note)));
  const order = r.classes
    .map((k, i) => i)
    .sort((a, b) => counts[a] - counts[b])
    .slice(-60);
  const spots = order.map((_, at) => at);
  draw(
    "plot-distribution",
    [
      {
        type: "bar",
        orientation: "h",
        x: order.map((i) => counts[i]),
        y: spots,
        marker: { color: order.map((i) => colour(r.classes[i].low ? "low" : "rest")) },
        customdata: order.map((i) => plain(r.classes[i].name)),
        hovertemplate: "%{customdata}: %{x:,} images<extra></extra>",
      },
    ],
    {
      height: 80 + 20 * order.length,
      xaxis: { type: "log", dtick: 1, title: { text: "images, logarithmic" } },
      yaxis: { tickvals: spots, ticktext: order.map((i) => plain(r.classes[i].name, 28)) },
    },
  );
  clear(by("table-parts")).append(
    table(
      ["class", "images", "training", "validation", "test"],
      [...r.classes].sort((a, b) => a.count - b.count).map((k) => [k.name, whole(k.count), ...k.parts.map(whole)]),
    ),
  );
  const names = c.meeting.classes.map((i) => plain(r.classes[i].name, 24)),
    multi = c.kind === "multi-label";
  by("plot-meeting").parentElement.hidden = !multi;
  if (multi) {
    const share = c.meeting.images.map((row, i) =>
      row.map((value, j) => (i === j ? null : value / Math.max(row[i], 1))),
    );
    const ticks = { tickvals: names.map((_, at) => at), ticktext: names, showgrid: false };
    const narrow = by("plot-meeting").clientWidth < 560; // there the names below would run into each other
    draw(
      "plot-meeting",
      [
        {
          type: "heatmap",
          z: share,
          customdata: c.meeting.images.map((row, i) => row.map((value, j) => [value, names[i], names[j]])),
          colorscale: "Cividis",
          zmin: 0,
          zmax: 1,
          xgap: 1,
          ygap: 1,
          hovertemplate:
            "of the images with %{customdata[1]}, %{z:.0%} carry %{customdata[2]} (%{customdata[0]})<extra></extra>",
          colorbar: { tickformat: ".0%", thickness: 12 },
        },
      ],
      {
        height: 160 + 22 * names.length,
        xaxis: { tickangle: -45, ...ticks, showticklabels: !narrow },
        yaxis: { autorange: "reversed", ...ticks },
      },
    );
    by("caption-meeting").textContent =
      `Of the images that carry the class of a row, the share that carries that of a column${names.length < r.classes.length ? `; the ${names.length} most frequent classes` : ""}.`;
  }
  showTiles("samples", c.samples);
}
function showTiles(id, images) {
  const box = clear(by(id)),
    low = new Set(
      run()
        .classes.filter((c) => c.low)
        .map((c) => c.name),
    );
  images.forEach((image) => {
    const tile = make("div", undefined, "tile");
    if (image.picture) {
      const img = make("img");
      img.src = image.picture;
      img.alt = brief(image.tags.join(", ") || "no class", 200);
      tile.append(img);
    }
    if (image.scores)
      tile.append(
        make("div", `baseline ${number(image.scores[0])}, ${brief(run().chosen, 30)} ${number(image.scores[1])}`),
      );
    [...image.tags]
      .sort((a, b) => low.has(b) - low.has(a))
      .slice(0, 6)
      .forEach((tag) => {
        const bdi = make("bdi", brief(tag, 60));
        const div = make("div", undefined, low.has(tag) ? "low" : "");
        div.append(bdi);
        tile.append(div);
      });
    const file = make("div", undefined, "file");
    file.append(make("bdi", brief(image.name, 80)));
    tile.append(file);
    box.append(tile);
  });
  if (!images.length) box.append(make("p", "None.", "quiet"));
}

/* ---- 2 the methods ---- */
function showMethods() {
  const r = run(),
    training = r.training[state.encoder] || {};
  clear(by("table-methods")).append(
    table(
      ["method", "rows an epoch", "distinct images", "steps", "seconds a head"],
      r.methods.map((m) => [
        m.name,
        whole(m.rows),
        whole(m.distinct),
        training[m.name] ? whole(training[m.name].steps) : "–",
        training[m.name] ? number(training[m.name].seconds, 1) : "–",
      ]),
    ),
  );
  const chosen = Math.max(0, Number(by("reached").value));
  const order = r.classes
    .map((k, i) => i)
    .sort((a, b) => r.classes[b].count - r.classes[a].count)
    .slice(0, 60);
  const bars = (m) => ({
    type: "bar",
    name: plain(r.methods[m].name),
    x: order.map((_, at) => at),
    y: order.map((i) => r.methods[m].reached[i]),
    marker: { color: seen(r.methods[m].colour) },
    customdata: order.map((i) => plain(r.classes[i].name)),
    hovertemplate: "%{customdata}: %{y:,} rows<extra></extra>",
  });
  draw("plot-reached", chosen ? [bars(0), bars(chosen)] : [bars(0)], {
    height: 380,
    barmode: "group",
    yaxis: { type: "log", dtick: 1, title: { text: "rows, logarithmic" } },
    xaxis: {
      tickangle: -45,
      tickvals: order.map((_, at) => at),
      ticktext: order.map((i) => plain(r.classes[i].name, 24)),
    },
  });
}
