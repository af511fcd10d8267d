/* What the data is, and what each method did to it. */
/* ---- 1 the data ---- */
function showData() {
  const r = run(),
    c = r.collection,
    counts = r.classes.map((k) => k.count),
    most = Math.max(...counts),
    least = Math.min(...counts);
  by("data-words").textContent =
    `${whole(c.images)} ${c.kind} images, ${many(r.classes.length, "class", "classes")}, ${c.cardinality.toFixed(2)} classes an image; ` +
    (least
      ? `the most frequent class is on ${whole(most / least)} times as many images as the rarest.`
      : `${many(counts.filter((n) => !n).length, "class", "classes")} on no image at all.`);
  const notes = clear(by("data-notes"));
  [...c.notes, ...c.skipped.map((line) => `left out: ${line}`)]
    .slice(0, 40)
    .forEach((note) => notes.append(make("li", note)));
  showDistribution(r.classes);
  clear(by("table-parts")).append(partsTable(r.classes));
  by("cooccurrence").hidden = c.kind !== "multi-label";
  if (c.kind === "multi-label") showCooccurrence(r, c.cooccurrence);
  showDuplicates(c.duplicates);
  showTiles("samples", c.samples, "This run kept no images to show.");
}
/* Images of each class and part; where some labels are not known, of how many images. */
function partsTable(classes) {
  const masked = classes.some((k) => k.unknown > 0),
    rising = [...classes].sort((a, b) => a.count - b.count);
  return table(
    ["class", "images", ...(masked ? ["label not known"] : []), "training", "validation", "test"],
    rising.map((k) => [k.name, whole(k.count), ...(masked ? [whole(k.unknown)] : []), ...k.parts.map(whole)]),
  );
}
/* A logarithmic axis starts anywhere, which makes counts that are close look far apart: those get a linear one from 0. */
function counting(counts, noun) {
  const there = counts.filter((count) => count > 0),
    close = Math.max(...there) < 20 * Math.min(...there);
  return close
    ? { rangemode: "tozero", title: { text: noun } }
    : { type: "log", dtick: 1, title: { text: `${noun}, logarithmic` } };
}
function showDistribution(classes) {
  const order = [...classes].sort((a, b) => b.count - a.count),
    few = order.length <= MANY,
    spots = order.map((_, at) => at + 1),
    bars = {
      type: "bar",
      marker: { color: order.map((k) => colour(k.low ? "low" : "rest")) },
      customdata: order.map((k) => [plain(k.name, 60), k.count]),
      hovertemplate: "%{customdata[0]}: %{customdata[1]:,} images<extra></extra>",
    },
    counts = order.map((k) => k.count),
    images = counting(counts, "images");
  if (few)
    draw("plot-distribution", [{ ...bars, orientation: "h", x: counts, y: spots }], {
      height: 80 + 20 * order.length,
      xaxis: images,
      yaxis: { tickvals: spots, ticktext: order.map((k) => plain(k.name, 28)), range: [order.length + 0.5, 0.5] },
    });
  else
    draw("plot-distribution", [{ ...bars, x: spots, y: counts }], {
      height: 360,
      bargap: 0,
      xaxis: { title: { text: "classes, the most frequent first" } },
      yaxis: images,
    });
}
function showCooccurrence(r, cooccurrence) {
  const element = make("table", undefined, "cooccurrence"),
    head = make("tr"),
    thead = make("thead"),
    body = make("tbody");
  head.append(make("td"), ...cooccurrence.columns.map((j) => named(r.classes[j], "col")));
  cooccurrence.rows.forEach((i, at) => {
    const line = make("tr");
    line.append(named(r.classes[i], "row"), ...cooccurrence.columns.map((j, to) => cellOf(r, i, j, cooccurrence.images[at][to])));
    body.append(line);
  });
  thead.append(head);
  element.append(thead, body);
  clear(by("table-cooccurrence")).append(element);
  by("caption-cooccurrence").textContent =
    "Of the images that carry the class of a row, the percentage that carries that of a column: what else is drawn more often when a rare class is." +
    (cooccurrence.rows.length < r.classes.length
      ? ` Rows: the ${cooccurrence.rows.length} rarest classes. Columns: the ${cooccurrence.columns.length} that occur with them most.`
      : "");
}
function named(k, scope) {
  const cell = make("th", undefined, k.low ? "low" : ""),
    name = make("span");
  cell.scope = scope;
  cell.title = brief(k.name, 200);
  name.append(make("bdi", brief(k.name, 24)));
  cell.append(name);
  return cell;
}
function cellOf(r, i, j, images) {
  if (i === j) return make("td", "", "self");
  const of = r.classes[i],
    share = images / Math.max(of.count, 1),
    cell = make("td", images ? (share < 0.005 ? "<1" : String(Math.round(100 * share))) : "");
  cell.style.setProperty("--share", `${(45 * share).toFixed(1)}%`);
  cell.title = `of ${whole(of.count)} images with ${brief(of.name, 60)}, ${whole(images)} carry ${brief(r.classes[j].name, 60)}`;
  return cell;
}
function showDuplicates(found) {
  by("duplicates-words").textContent = !found
    ? "Not looked for in this run; tailprobe inspect finds them."
    : found.pairs
      ? `${many(found.pairs, "pair")} of images are nearly the same (cosine of their ${found.encoder} embeddings ${found.threshold} or more), ${whole(found.across)} of them across parts of the first seed's split; ${many(found.held_out, "validation or test image")} ${found.held_out === 1 ? "has" : "have"} one in the training part, which makes scores look better than they are. The closest:`
      : `None: no two images have embeddings (${found.encoder}) with a cosine of ${found.threshold} or more.`;
  const box = clear(by("table-duplicates"));
  box.hidden = !(found && found.closest.length);
  if (!box.hidden)
    box.append(
      table(
        ["image", "and", "cosine", "parts"],
        found.closest.map((pair) => [pair.names[0], pair.names[1], number(pair.cosine, 4), pair.parts.join(", ")]),
      ),
    );
}
function showTiles(id, images, without = "None.") {
  const box = clear(by(id)),
    low = new Set(
      run()
        .classes.filter((c) => c.low)
        .map((c) => c.name),
    );
  images.forEach((image) => box.append(tileOf(image, low)));
  if (!images.length) box.append(make("p", without, "quiet"));
}

function tileOf(image, low) {
  const tile = make("div", undefined, "tile"),
    source = pictureOf(image),
    file = make("div", undefined, "file");
  if (source) tile.append(pictureButton(image, source));
  if (image.of) tile.append(make("strong", brief(image.of, 60)));
  if (image.said) tile.append(make("div", image.said));
  if (image.scores) tile.append(make("div", `baseline ${scored(image, 0)}, ${brief(run().chosen, 30)} ${scored(image, 1)}`));
  [...image.tags]
    .sort((a, b) => Number(low.has(b)) - Number(low.has(a)))
    .slice(0, 6)
    .forEach((tag) => {
      const div = make("div", undefined, low.has(tag) ? "low" : "");
      div.append(make("bdi", brief(tag, 60)));
      tile.append(div);
    });
  const name = make("bdi", brief(image.name, 80));
  if (image.link) {
    const anchor = fileLink(image, "");
    anchor.append(name);
    file.append(anchor);
  } else file.append(name);
  tile.append(file);
  return tile;
}
// A picture is its own data, or stands under the image's name among those of the mistakes, where each is kept once.
function pictureOf(image) {
  if (!image.picture) return null;
  return image.picture.startsWith("data:") && !image.scores ? image.picture : new Map(Object.entries(run().mistakes.pictures)).get(image.picture);
}
const scored = (image, at) =>
  `${number(image.scores[at])}${image.thresholds && image.thresholds[at] !== null ? ` (threshold ${number(image.thresholds[at], 2)})` : ""}`;
function pictureButton(image, source) {
  const button = make("button", undefined, "picture"),
    img = make("img");
  button.type = "button";
  img.src = source;
  img.decoding = "async"; // and not lazy: a page that is printed has all of them
  img.alt = brief(image.tags.join(", ") || "no class", 200);
  button.append(img);
  button.addEventListener("click", () => enlarge(image, source));
  return button;
}

/* ---- 2 the methods ---- */
function showMethods() {
  const r = run(),
    training = r.training[state.encoder] || {};
  clear(by("table-methods")).append(
    table(
      ["method", "family", "rows an epoch", "distinct images", "synthetic rows", "rows seen", "steps", "seconds a head", "remark"],
      r.methods.map((m) => [
        m.name,
        m.family,
        whole(m.rows),
        whole(m.distinct),
        whole(m.synthetic),
        training[m.name] ? whole(m.rows * training[m.name].epochs) : "–",
        training[m.name] ? whole(training[m.name].steps) : "–",
        training[m.name] ? number(training[m.name].seconds, 1) : "–",
        [remark(m), training[m.name] ? "" : "not trained by gradient descent"].filter(Boolean).join("; "),
      ]),
    ),
  );
  [...by("table-methods").querySelectorAll("tbody tr")].forEach((row, m) => {
    if (r.methods[m].source) row.children[0].append(make("small", brief(r.methods[m].source, 160)));
  });
  showCounts(r, Math.max(0, Number(by("counts-method").value)));
}
function showCounts(r, chosen) {
  const order = r.classes.map((k, i) => i).sort((a, b) => r.classes[b].count - r.classes[a].count),
    few = order.length <= MANY,
    spots = order.map((_, at) => at + 1);
  const of = (m) => ({
    name: plain(r.methods[m].name),
    x: spots,
    y: order.map((i) => r.methods[m].counts[i]),
    customdata: order.map((i) => plain(r.classes[i].name, 60)),
    hovertemplate: "%{customdata}: %{y:,} rows",
    ...(few
      ? { type: "bar", marker: { color: visible(r.methods[m].colour) } }
      : { type: "scatter", mode: "lines", line: { color: visible(r.methods[m].colour), width: 2, shape: "hvh" } }),
  });
  const traces = (chosen ? [0, chosen] : [0]).map(of);
  draw("plot-counts", traces, {
    height: 380,
    barmode: "group",
    yaxis: counting(
      traces.flatMap((trace) => trace.y),
      "rows",
    ),
    xaxis: few
      ? { tickangle: -45, tickvals: spots, ticktext: order.map((i) => plain(r.classes[i].name, 24)) }
      : { title: { text: "classes, the most frequent first" } },
  });
}
