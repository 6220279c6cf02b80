// What the explorers share: pictures as SVG by hand, panels with axes, sliders, and a frame that is drawn anew when a
// value changes. drawing.py puts this file before an explorer's own, in a notebook and on a page without a server.

const SVG = "http://www.w3.org/2000/svg", BLUE = "#2a8fd0"; // seen on white and on black
const LEFT = 44, RIGHT = 348, TOP = 30, BOTTOM = 238; // where the axes of a panel lie, in points

/** So many decimals, halves up. Python's `decimals` does the same arithmetic. */
export function decimals(value, digits) {
  return (Math.floor(10 ** digits * value + 0.5) / 10 ** digits).toFixed(digits);
}

/** One decimal: 36.0, 67.2; with `digits` 0 without ".0". */
export function number(value, digits = 1) {
  const text = decimals(value, 1);
  return digits ? text : text.replace(/\.0$/, "");
}

/** The entry for which `apart` is least; of several, the first. */
export function nearest(entries, apart) {
  return entries.reduce((best, entry) => (apart(entry) < apart(best) ? entry : best));
}

function draw(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

/** A line through points [x, y]. */
function line(points, look = {}) {
  const path = points.map((point) => point.join(",")).join(" ");
  return draw("polyline", { points: path, fill: "none", stroke: "currentColor", ...look });
}

function label(x, y, text, look = {}) {
  return draw("text", { x, y, "text-anchor": "middle", ...look }, text);
}

/** An empty panel with its axes; `rows` and `columns` are [position, text]. Its right edge lies 12 beyond the axes. */
function panel(title, xlabel, rows, columns, { left = LEFT, right = RIGHT, bottom = BOTTOM, size = 12 } = {}) {
  const viewBox = `0 0 ${right + 12} ${bottom + 3.5 * size}`;
  const svg = draw("svg", { viewBox, role: "img", "font-size": size, fill: "currentColor" });
  svg.style.cssText = "width: 100%; height: auto; display: block";
  svg.append(label(left, 16, title, { "text-anchor": "start", "font-weight": "bold" }));
  for (const [y, text] of rows) {
    svg.append(line([[left, y], [right, y]], { opacity: 0.15 }));
    svg.append(label(left - 6, y + 4, text, { "text-anchor": "end" }));
  }
  for (const [x, text] of columns) {
    svg.append(line([[x, bottom], [x, bottom + 4]]), label(x, bottom + 1.5 * size, text));
  }
  svg.append(line([[left, bottom], [right, bottom]]), label((left + right) / 2, bottom + 3 * size, xlabel));
  return svg;
}

/** A part of a panel that cuts off whatever lies beyond the axes. */
function inside(svg) {
  const area = { x: LEFT, y: TOP, width: RIGHT - LEFT, height: BOTTOM - TOP };
  return svg.appendChild(draw("svg", { ...area, viewBox: Object.values(area).join(" ") }));
}

function make(tag, style, ...children) {
  const node = document.createElement(tag);
  node.style.cssText = style;
  node.append(...children);
  return node;
}

/** Gives values to the model. */
function choose(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

/** A slider with its label; `show` moves it to a place from 0 to `last` and says where that is, aloud perhaps longer. */
function slider(words, moved) {
  const input = make("input", "width: 100%; margin: 0"), shown = make("b", "white-space: nowrap");
  Object.assign(input, { type: "range", min: 0, step: 1 });
  input.setAttribute("data-lm-suppress-shortcuts", "true"); // else JupyterLab takes its arrow keys
  input.addEventListener("input", () => moved(Number(input.value)));
  function show(place, last, text, aloud = text) {
    Object.assign(input, { max: last, value: place });
    input.setAttribute("aria-valuetext", aloud);
    shown.textContent = text;
  }
  return { node: make("label", "flex: 1 1 14em; display: block", `${words}: `, shown, input), show };
}

/** A box for the long budget, hidden where there is only the short one. */
function longer(model) {
  const box = make("input", "margin: 0 0.5em 0 0");
  box.type = "checkbox";
  box.addEventListener("change", () => choose(model, { budget: box.checked ? "long" : "short" }));
  const node = make("label", "flex: none", box, "trained longer (the long budget)");
  node.hidden = !("long" in model.get("state").budgets);
  return { node, show: (budget) => { box.checked = budget === "long"; } };
}

/** A sentence that a screen reader says when it changes. */
function spoken() {
  const sentence = make("p", "margin: 0.3em 0");
  sentence.setAttribute("aria-live", "polite");
  return sentence;
}

/** Puts an explorer's parts into `el`. */
function frame(el, ...parts) {
  const style = "color: var(--jp-content-font-color1, inherit); max-width: 980px; padding: 0.3em 0";
  el.replaceChildren(make("div", style, ...parts));
}

/** Controls, panels and a sentence in `el`, drawn anew whenever one of the model's `names` changes.
 *  `update` gives the sentence, and the panels, each with what a screen reader says instead of it. */
function explore({ model, el }, names, controls, update) {
  const row = make("div", "display: flex; flex-wrap: wrap; gap: 0.5em 2em; align-items: end");
  const pictures = make("div", "display: flex; flex-wrap: wrap; gap: 0.5em 1em; margin: 0.8em 0 0.3em");
  const sentence = spoken();
  function redraw() {
    const { words, panels } = update();
    sentence.textContent = words;
    for (const [svg, aloud] of panels) svg.setAttribute("aria-label", aloud);
    pictures.replaceChildren(...panels.map(([svg]) => make("div", "flex: 1 1 270px; max-width: 480px", svg)));
  }
  for (const name of names) model.on(`change:${name}`, redraw);
  row.append(...controls.map(({ node }) => node));
  frame(el, row, pictures, sentence);
  redraw();
}
