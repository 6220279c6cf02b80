// How many levels, how many trainings, what accuracy: one prune rate against the others, from stored rows.
// Drawn by hand, so that a notebook (through anywidget) and a page without a server show the same thing.

const WIDTH = 360, HEIGHT = 270, LEFT = 44, RIGHT = 348, TOP = 30, BOTTOM = 228;
const SVG = "http://www.w3.org/2000/svg";

/** One decimal, halves up, without ".0": 36, 67.2. Python's `number` does the same arithmetic. */
export function number(value, digits = 1) {
  const text = (Math.floor(10 * value + 0.5) / 10).toFixed(1);
  return digits ? text : text.replace(/\.0$/, "");
}

/** The budget's entry for a prune rate; where it has none, for the nearest one. */
export function nearest(rates, rate) {
  const apart = (entry) => Math.abs(Math.log(entry.rate / rate));
  return rates.reduce((best, entry) => (apart(entry) < apart(best) ? entry : best));
}

/** The level at which a rate comes to the density that all rates reach. */
export function reached(entry) {
  return entry.levels[entry.reached];
}

/** The sentence that follows the slider. */
export function reading(state, budget, rate) {
  const entry = nearest(state.budgets[budget], rate), { level, density, mean, low, high, n, trainings } = reached(entry);
  const band = low === null ? "" : ` [${number(low)}, ${number(high)}]`;
  return `Removing ${number(100 * entry.rate, 0)} % a level reaches ${number(100 * density)} % kept in ` +
    `${level} level${level === 1 ? "" : "s"}: ${trainings} trainings, ${number(mean)} %${band}, n = ${n}.`;
}

/** Least and greatest accuracy of everything drawn, in both budgets, widened to whole steps; and the step. */
export function range(state) {
  const levels = Object.values(state.budgets).flat().flatMap((entry) => entry.levels);
  const low = Math.min(...levels.map((level) => level.low ?? level.mean));
  const high = Math.max(...levels.map((level) => level.high ?? level.mean));
  const step = [0.5, 1, 2, 5, 10, 20].find((size) => (high - low) / size <= 6) ?? 50;
  return { low: step * Math.floor(low / step), high: step * Math.ceil(high / step), step };
}

function draw(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function make(tag, style, ...children) {
  const node = document.createElement(tag);
  node.style.cssText = style;
  node.append(...children);
  return node;
}

/** An empty panel with its axes: `x` maps values to points, `ticks` are [value, text]. */
function panel(title, xlabel, x, ticks, accuracies, y) {
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "font-size": 12, fill: "currentColor" });
  svg.style.cssText = "width: 100%; height: auto; display: block";
  svg.append(draw("text", { x: LEFT, y: 16, "font-weight": "bold" }, title));
  for (let value = accuracies.low; value <= accuracies.high; value += accuracies.step) {
    svg.append(
      draw("line", { x1: LEFT, x2: RIGHT, y1: y(value), y2: y(value), stroke: "currentColor", opacity: 0.15 }),
      draw("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, String(value)),
    );
  }
  for (const [value, text] of ticks) {
    svg.append(
      draw("line", { x1: x(value), x2: x(value), y1: BOTTOM, y2: BOTTOM + 4, stroke: "currentColor" }),
      draw("text", { x: x(value), y: BOTTOM + 18, "text-anchor": "middle" }, text),
    );
  }
  svg.append(
    draw("line", { x1: LEFT, x2: RIGHT, y1: BOTTOM, y2: BOTTOM, stroke: "currentColor" }),
    draw("text", { x: (LEFT + RIGHT) / 2, y: BOTTOM + 36, "text-anchor": "middle" }, xlabel),
  );
  return svg;
}

/** Accuracy against the weights kept: one line a prune rate, a dot a level. */
function lines(rates, chosen, accuracies, y) {
  const least = 0.93 * Math.min(...rates.flatMap((entry) => entry.levels.map((level) => level.density)));
  const x = (density) => LEFT + 8 + (RIGHT - LEFT - 8) * Math.log(density) / Math.log(least);
  const ticks = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01].filter((tick) => tick >= 0.98 * least);
  const svg = panel("Test accuracy (%)", "weights kept (%)", x, ticks.map((t) => [t, String(100 * t)]), accuracies, y);
  const path = (levels, value) => levels.map((level) => `${x(level.density)},${y(value(level))}`);
  const low = (level) => level.low ?? level.mean, high = (level) => level.high ?? level.mean;
  const band = [...path(chosen.levels, high), ...path(chosen.levels, low).reverse()].join(" ");
  svg.append(draw("polygon", { points: band, opacity: 0.18 }));
  for (const entry of [...rates.filter((other) => other !== chosen), chosen]) {
    const bold = entry === chosen, group = draw("g", { opacity: bold ? 1 : 0.4 });
    const points = path(entry.levels, (level) => level.mean);
    const width = bold ? 2.6 : 1;
    group.append(draw("polyline", { points: points.join(" "), fill: "none", stroke: "currentColor", "stroke-width": width }));
    for (const [cx, cy] of points.map((point) => point.split(","))) {
      group.append(draw("circle", { cx, cy, r: bold ? 3.4 : 2 }));
    }
    svg.append(group);
  }
  return svg;
}

/** Accuracy at the common density against the trainings paid: a dot and a bar for each prune rate. */
function costs(rates, chosen, accuracies, y, kept) {
  const most = Math.max(...rates.map((entry) => reached(entry).trainings));
  const x = (trainings) => LEFT + (RIGHT - LEFT) * trainings / (1.08 * most);
  const step = [1, 2, 5, 10, 20].find((size) => most / size <= 6) ?? 50;
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => [i * step, String(i * step)]);
  const svg = panel(`The same at ${kept} % kept`, "trainings paid", x, ticks, accuracies, y);
  for (const entry of rates) {
    const { mean, low, high, trainings } = reached(entry), bold = entry === chosen;
    const group = draw("g", { opacity: bold ? 1 : 0.45 }), at = x(trainings);
    if (low !== null) {
      const width = bold ? 2.6 : 1.4;
      group.append(draw("line", { x1: at, x2: at, y1: y(low), y2: y(high), stroke: "currentColor", "stroke-width": width }));
    }
    group.append(draw("circle", { cx: at, cy: y(mean), r: bold ? 5 : 3.2 }));
    if (bold) {
      const right = at > (LEFT + RIGHT) / 2, label = `${number(100 * entry.rate, 0)} % a level`;
      const place = { x: at + (right ? -9 : 9), y: y(mean) + (right ? -9 : 18), "text-anchor": right ? "end" : "start" };
      group.append(draw("text", { ...place, "font-weight": "bold" }, label));
    }
    svg.append(group);
  }
  return svg;
}

/** Controls, the two panels and the sentence, in `el`; `model` has state, budget and rate (see prune_rate.py). */
function render({ model, el }) {
  const state = model.get("state"), accuracies = range(state);
  const y = (value) => BOTTOM - (BOTTOM - TOP) * (value - accuracies.low) / (accuracies.high - accuracies.low);
  const slider = make("input", "width: 100%; margin: 0");
  Object.assign(slider, { type: "range", min: 0, step: 1 });
  slider.setAttribute("data-lm-suppress-shortcuts", "true"); // else JupyterLab takes its arrow keys
  const shown = make("b", "white-space: nowrap");
  const box = make("input", "margin: 0 0.5em 0 0");
  box.type = "checkbox";
  const first = make("label", "flex: 1 1 16em; display: block", "Removed at each level: ", shown, slider);
  const second = make("label", "flex: none", box, "trained longer (the long budget)");
  second.hidden = Object.keys(state.budgets).length < 2;
  const controls = make("div", "display: flex; flex-wrap: wrap; gap: 0.5em 2em; align-items: end", first, second);
  const pictures = make("div", "display: flex; flex-wrap: wrap; gap: 0.5em 1em; margin: 0.8em 0 0.3em");
  const sentence = make("p", "margin: 0.3em 0");
  sentence.setAttribute("aria-live", "polite");

  function update() {
    const budget = model.get("budget"), rates = state.budgets[budget], chosen = nearest(rates, model.get("rate"));
    const percent = `${number(100 * chosen.rate, 0)} %`, kept = number(100 * state.density);
    slider.max = rates.length - 1;
    slider.value = rates.indexOf(chosen);
    slider.setAttribute("aria-valuetext", `${percent} a level`);
    shown.textContent = percent;
    box.checked = budget === "long";
    sentence.textContent = reading(state, budget, chosen.rate);
    const panels = [lines(rates, chosen, accuracies, y), costs(rates, chosen, accuracies, y, kept)];
    panels[0].setAttribute("aria-label", `Test accuracy against weights kept; ${percent} a level is bold.`);
    panels[1].setAttribute("aria-label", `Test accuracy at ${kept} % kept against trainings paid.`);
    pictures.replaceChildren(...panels.map((svg) => make("div", "flex: 1 1 270px; max-width: 480px", svg)));
  }
  function choose(name, value) {
    model.set(name, value);
    model.save_changes();
  }
  slider.addEventListener("input", () => choose("rate", state.budgets[model.get("budget")][slider.value].rate));
  box.addEventListener("change", () => choose("budget", box.checked ? "long" : "short"));
  for (const name of ["rate", "budget"]) model.on(`change:${name}`, update);
  const style = "color: var(--jp-content-font-color1, inherit); max-width: 980px; padding: 0.3em 0";
  const whole = make("div", style, controls, pictures, sentence);
  el.replaceChildren(whole);
  update();
}

const explorer = { render };
export default explorer;
