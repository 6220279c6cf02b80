// Two copies in a valley that forks, and the error on the straight line between them. All numbers come from Python.
// Drawn by hand, so that a notebook (through anywidget) and a page without a server show the same thing.

const WIDTH = 360, HEIGHT = 290, LEFT = 44, RIGHT = 348, TOP = 30, BOTTOM = 248, MOST = 50;
const ACROSS = [-1.5, 1.5], ALONG = [-0.15, 1.2];
const SVG = "http://www.w3.org/2000/svg", BLUE = "#2a8fd0"; // seen on white and on black

/** One decimal, halves up: 36.0, 67.2. Python's `number` does the same arithmetic. */
export function number(value) {
  return (Math.floor(10 * value + 0.5) / 10).toFixed(1);
}

/** The entry whose copies part nearest to a step. */
export function chosen(state, split) {
  const apart = (entry) => Math.abs(entry.k - split);
  return state.splits.reduce((best, entry) => (apart(entry) < apart(best) ? entry : best));
}

/** The error at α. */
export function at(entry, alpha) {
  return entry.errors[Math.round(alpha * (entry.errors.length - 1))];
}

/** The sentence that follows the sliders. */
export function reading(state, alpha, split) {
  const entry = chosen(state, split), { errors, barrier, k } = entry;
  const ends = (errors[0] + errors.at(-1)) / 2;
  return `The copies part after ${k} of ${state.steps} steps. At α = ${alpha.toFixed(2)} the error is ` +
    `${number(at(entry, alpha))} %; the mean of the two ends is ${number(ends)} %. Error barrier: ${number(barrier)} ` +
    `points, ${barrier < 2 ? "stable" : "not stable"}.`;
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

function line(points, attributes) {
  return draw("polyline", { points: points.map((point) => point.join(",")).join(" "), fill: "none", ...attributes });
}

/** An empty panel with a title and the name of its horizontal axis. */
function panel(title, xlabel) {
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "font-size": 12, fill: "currentColor" });
  svg.style.cssText = "width: 100%; height: auto; display: block";
  svg.append(
    draw("text", { x: LEFT, y: 16, "font-weight": "bold" }, title),
    draw("text", { x: (LEFT + RIGHT) / 2, y: BOTTOM + 34, "text-anchor": "middle" }, xlabel),
  );
  return svg;
}

/** The two weights: contours, both paths, the line between their ends, and the dot at α. */
function plane(state, entry, alpha) {
  const x = (value) => LEFT + (RIGHT - LEFT) * (value - ACROSS[0]) / (ACROSS[1] - ACROSS[0]);
  const y = (value) => BOTTOM - (BOTTOM - TOP) * (value - ALONG[0]) / (ALONG[1] - ALONG[0]);
  const place = (points) => points.map(([across, along]) => [x(across), y(along)]);
  const svg = panel("Two copies, and the line between them", "first weight; upwards, the second");
  const frame = { x: LEFT, y: TOP, width: RIGHT - LEFT, height: BOTTOM - TOP };
  svg.append(draw("rect", { ...frame, fill: "none", stroke: "currentColor", opacity: 0.4 }));
  for (const contour of state.contours) svg.append(line(place(contour), { stroke: "currentColor", opacity: 0.28 }));
  const ends = entry.paths.map((path) => place(path).at(-1));
  entry.paths.forEach((path, second) => {
    const dashes = second ? { "stroke-dasharray": "5 3" } : {};
    svg.append(line(place(path), { stroke: "currentColor", "stroke-width": 1.6, ...dashes }));
  });
  svg.append(line(ends, { stroke: BLUE, "stroke-width": 2.2 }));
  ends.forEach(([cx, cy], second) => {
    svg.append(
      draw("circle", { cx, cy, r: 4 }),
      draw("text", { x: cx + (second ? 8 : -8), y: cy - 16, "text-anchor": second ? "start" : "end" }, `copy ${second + 1}`),
    );
  });
  const [sx, sy] = place(entry.paths[0])[0];
  svg.append(draw("rect", { x: sx - 4, y: sy - 4, width: 8, height: 8 }), draw("text", { x: sx + 9, y: sy + 5 }, "start"));
  const [[ax, ay], [bx, by]] = ends;
  svg.append(draw("circle", { cx: ax + alpha * (bx - ax), cy: ay + alpha * (by - ay), r: 6, fill: BLUE }));
  return svg;
}

/** The error along the line, the mean of its ends, and the dot at α. */
function curve(entry, alpha) {
  const x = (value) => LEFT + (RIGHT - LEFT) * value, y = (value) => BOTTOM - (BOTTOM - TOP) * value / MOST;
  const svg = panel(`Error (%): a barrier of ${number(entry.barrier)} points`, "α: from copy 1 (0) to copy 2 (1)");
  for (let value = 0; value <= MOST; value += 10) {
    svg.append(
      draw("line", { x1: LEFT, x2: RIGHT, y1: y(value), y2: y(value), stroke: "currentColor", opacity: 0.15 }),
      draw("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, String(value)),
    );
  }
  for (const value of [0, 0.5, 1]) svg.append(draw("text", { x: x(value), y: BOTTOM + 16, "text-anchor": "middle" }, String(value)));
  const { errors } = entry, mean = (errors[0] + errors.at(-1)) / 2;
  svg.append(
    draw("line", { x1: LEFT, x2: RIGHT, y1: y(mean), y2: y(mean), stroke: "currentColor", "stroke-dasharray": "5 3" }),
    draw("text", { x: (LEFT + RIGHT) / 2, y: y(mean) + 16, "text-anchor": "middle" }, "mean of the ends"),
    line(errors.map((error, i) => [x(i / (errors.length - 1)), y(error)]), { stroke: BLUE, "stroke-width": 2.2 }),
    draw("circle", { cx: x(alpha), cy: y(at(entry, alpha)), r: 6, fill: BLUE }),
  );
  return svg;
}

function slider(most) {
  const node = make("input", "width: 100%; margin: 0");
  Object.assign(node, { type: "range", min: 0, max: most, step: 1 });
  node.setAttribute("data-lm-suppress-shortcuts", "true"); // else JupyterLab takes its arrow keys
  return node;
}

/** Two sliders, two panels and the sentence, in `el`; `model` has state, alpha and split (see two_valleys.py). */
function render({ model, el }) {
  const state = model.get("state"), last = state.splits[0].errors.length - 1;
  const along = slider(last), parting = slider(state.splits.length - 1);
  const alphaShown = make("b", "white-space: nowrap"), splitShown = make("b", "white-space: nowrap");
  const controls = make(
    "div", "display: flex; flex-wrap: wrap; gap: 0.5em 2em; align-items: end",
    make("label", "flex: 1 1 14em; display: block", "Where on the line: ", alphaShown, along),
    make("label", "flex: 1 1 14em; display: block", "Steps in common: ", splitShown, parting),
  );
  const pictures = make("div", "display: flex; flex-wrap: wrap; gap: 0.5em 1em; margin: 0.8em 0 0.3em");
  const sentence = make("p", "margin: 0.3em 0");
  sentence.setAttribute("aria-live", "polite");

  function update() {
    const alpha = model.get("alpha"), entry = chosen(state, model.get("split"));
    along.value = Math.round(alpha * last);
    parting.value = state.splits.indexOf(entry);
    alphaShown.textContent = `α = ${alpha.toFixed(2)}`;
    splitShown.textContent = `${entry.k} of ${state.steps}`;
    along.setAttribute("aria-valuetext", alphaShown.textContent);
    parting.setAttribute("aria-valuetext", splitShown.textContent);
    sentence.textContent = reading(state, alpha, entry.k);
    const panels = [plane(state, entry, alpha), curve(entry, alpha)];
    panels[0].setAttribute("aria-label", "Contours of an error over two weights, the paths of two copies and the line between their ends.");
    panels[1].setAttribute("aria-label", "The error along that line, and the mean of its ends.");
    pictures.replaceChildren(...panels.map((svg) => make("div", "flex: 1 1 270px; max-width: 480px", svg)));
  }
  function choose(name, value) {
    model.set(name, value);
    model.save_changes();
  }
  along.addEventListener("input", () => choose("alpha", along.value / last));
  parting.addEventListener("input", () => choose("split", state.splits[parting.value].k));
  for (const name of ["alpha", "split"]) model.on(`change:${name}`, update);
  const style = "color: var(--jp-content-font-color1, inherit); max-width: 980px; padding: 0.3em 0";
  el.replaceChildren(make("div", style, controls, pictures, sentence));
  update();
}

const explorer = { render };
export default explorer;
