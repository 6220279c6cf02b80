// The lines between two dense networks, and how high the barrier is, by the part of the training that they share.
// Drawn by hand, so that a notebook (through anywidget) and a page without a server show the same thing.

const WIDTH = 360, HEIGHT = 280, LEFT = 44, RIGHT = 348, TOP = 30, BOTTOM = 238, LIMIT = 2;
const SVG = "http://www.w3.org/2000/svg";

/** One decimal, halves up: 36.0, 67.2. Python's `number` does the same arithmetic. */
export function number(value) {
  return (Math.floor(10 * value + 0.5) / 10).toFixed(1);
}

/** The budget's entry whose k is nearest to `split`. */
export function chosen(state, budget, split) {
  const apart = (entry) => Math.abs(entry.k - split);
  return state.budgets[budget].splits.reduce((best, entry) => (apart(entry) < apart(best) ? entry : best));
}

/** What the two share: "no start", "0 %", "0.25 %". */
export function name(k) {
  return k < 0 ? "no start" : `${Number((100 * k).toFixed(6))} %`;
}

/** The sentence below the slider. */
export function reading(state, budget, split) {
  const { k, barriers, median } = chosen(state, budget, split), { steps } = state.budgets[budget], n = barriers.length;
  const shared = Math.floor(k * steps + 0.5), all = String(steps).replace(/\B(?=(\d{3})+$)/g, ",");
  const before = k < 0 ? "From two starts" : `Parting after ${shared} of ${all} steps`;
  const stable = barriers.filter((barrier) => barrier < LIMIT).length;
  return `${before}: error barrier ${number(median)} points (median of ${n}, from ${number(Math.min(...barriers))} ` +
    `to ${number(Math.max(...barriers))}); ${stable} of ${n} stable.`;
}

/** A scale for barriers: linear up to 2 points, beyond that one unit for each doubling; see stability_dots.py. */
export function doubling(points) {
  return points <= LIMIT ? points / LIMIT : 1 + Math.log2(points / LIMIT);
}

/** The greatest error and the greatest barrier in either budget. */
export function most(state) {
  const splits = Object.values(state.budgets).flatMap((budget) => budget.splits);
  return {
    error: 10 * Math.ceil(Math.max(...splits.flatMap((split) => split.paths.flat())) / 10),
    barrier: 1.25 * Math.max(4, ...splits.flatMap((split) => split.barriers)),
  };
}

function draw(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function make(tag, style, ...children) {
  const node = document.createElement(tag);
  node.style.cssText = style;
  node.append(...children);
  return node;
}

/** An empty panel: `rows` and `columns` are [position, text]. */
function panel(title, xlabel, rows, columns) {
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "font-size": 12, fill: "currentColor" });
  svg.style.cssText = "width: 100%; height: auto; display: block";
  svg.append(draw("text", { x: LEFT, y: 16, "font-weight": "bold" }, title));
  for (const [y, text] of rows) {
    svg.append(
      draw("line", { x1: LEFT, x2: RIGHT, y1: y, y2: y, stroke: "currentColor", opacity: 0.15 }),
      draw("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, text),
    );
  }
  for (const [x, text] of columns) svg.append(draw("text", { x, y: BOTTOM + 18, "text-anchor": "middle" }, text));
  svg.append(
    draw("line", { x1: LEFT, x2: RIGHT, y1: BOTTOM, y2: BOTTOM, stroke: "currentColor" }),
    draw("text", { x: (LEFT + RIGHT) / 2, y: BOTTOM + 36, "text-anchor": "middle" }, xlabel),
  );
  return svg;
}

/** The error on the line of each seed, and their mean. */
function lines(entry, greatest) {
  const y = (error) => BOTTOM - (BOTTOM - TOP) * error / greatest;
  const x = (i) => LEFT + (RIGHT - LEFT) * i / (entry.mean.length - 1);
  const ticks = Array.from({ length: greatest / 10 + 1 }, (_, i) => [y(10 * i), String(10 * i)]);
  const columns = [0, 0.5, 1].map((alpha) => [LEFT + (RIGHT - LEFT) * alpha, String(alpha)]);
  const svg = panel("Test error (%) on the line", "α: from one network (0) to the other (1)", ticks, columns);
  const points = (path) => path.map((error, i) => `${x(i)},${y(error)}`).join(" ");
  const look = { fill: "none", stroke: "currentColor" };
  for (const path of entry.paths) svg.append(draw("polyline", { points: points(path), ...look, opacity: 0.4 }));
  svg.append(draw("polyline", { points: points(entry.mean), ...look, "stroke-width": 3 }));
  return svg;
}

/** All barriers, a column of dots for each split; the chosen ones are bold. */
function dots(splits, entry, greatest) {
  const y = (points) => BOTTOM - (BOTTOM - TOP) * doubling(points) / doubling(greatest);
  const wide = (RIGHT - LEFT) / splits.length, x = (i) => LEFT + wide * (i + 0.5);
  const ticks = [0, 1, 2, 4, 8, 16, 32, 64].filter((tick) => tick <= greatest).map((tick) => [y(tick), String(tick)]);
  const columns = splits.map((split, i) => [x(i), name(split.k)]);
  const svg = panel("Error barrier (points)", "shared part of the training", ticks, columns);
  svg.append(
    draw("line", { x1: LEFT, x2: RIGHT, y1: y(LIMIT), y2: y(LIMIT), stroke: "currentColor", "stroke-dasharray": "3 3" }),
    draw("text", { x: LEFT + 4, y: y(LIMIT) + 14, "font-size": 11 }, "stable"),
  );
  splits.forEach((split, i) => {
    const group = draw("g", { opacity: split === entry ? 1 : 0.35 }), n = split.barriers.length;
    split.barriers.forEach((barrier, seed) => {
      const aside = n > 1 ? (seed / (n - 1) - 0.5) * 0.5 * wide : 0;
      group.append(draw("circle", { cx: x(i) + aside, cy: y(Math.max(0, barrier)), r: split === entry ? 4 : 3 }));
    });
    svg.append(group);
  });
  return svg;
}

/** Controls, the two panels and the sentence, in `el`; `model` has state, budget and split (see barrier.py). */
function render({ model, el }) {
  const state = model.get("state"), greatest = most(state);
  const slider = make("input", "width: 100%; margin: 0");
  Object.assign(slider, { type: "range", min: 0, step: 1 });
  slider.setAttribute("data-lm-suppress-shortcuts", "true"); // else JupyterLab takes its arrow keys
  const shown = make("b", "white-space: nowrap");
  const box = make("input", "margin: 0 0.5em 0 0");
  box.type = "checkbox";
  const first = make("label", "flex: 1 1 16em; display: block", "Shared part of the training: ", shown, slider);
  const second = make("label", "flex: none", box, "trained longer (the long budget)");
  second.hidden = Object.keys(state.budgets).length < 2;
  const controls = make("div", "display: flex; flex-wrap: wrap; gap: 0.5em 2em; align-items: end", first, second);
  const pictures = make("div", "display: flex; flex-wrap: wrap; gap: 0.5em 1em; margin: 0.8em 0 0.3em");
  const sentence = make("p", "margin: 0.3em 0");
  sentence.setAttribute("aria-live", "polite");

  function update() {
    const budget = model.get("budget"), { splits } = state.budgets[budget];
    const entry = chosen(state, budget, model.get("split"));
    slider.max = splits.length - 1;
    slider.value = splits.indexOf(entry);
    shown.textContent = name(entry.k);
    slider.setAttribute("aria-valuetext", `${name(entry.k)} shared`);
    box.checked = budget === "long";
    sentence.textContent = reading(state, budget, entry.k);
    const panels = [lines(entry, greatest.error), dots(splits, entry, greatest.barrier)];
    panels[0].setAttribute("aria-label", `Test error on the lines between networks that share ${name(entry.k)}.`);
    panels[1].setAttribute("aria-label", `Error barriers by the shared part; those of ${name(entry.k)} are bold.`);
    pictures.replaceChildren(...panels.map((svg) => make("div", "flex: 1 1 270px; max-width: 480px", svg)));
  }
  function choose(key, value) {
    model.set(key, value);
    model.save_changes();
  }
  slider.addEventListener("input", () => choose("split", state.budgets[model.get("budget")].splits[slider.value].k));
  box.addEventListener("change", () => choose("budget", box.checked ? "long" : "short"));
  for (const key of ["split", "budget"]) model.on(`change:${key}`, update);
  const style = "color: var(--jp-content-font-color1, inherit); max-width: 980px; padding: 0.3em 0";
  el.replaceChildren(make("div", style, controls, pictures, sentence));
  update();
}

const explorer = { render };
export default explorer;
