// How many levels to a target: exact fractions, in whole numbers of any length (BigInt). Nothing here is rounded but
// the picture, and the one line that shows what rounding does.

const WIDTH = 480, HEIGHT = 312, LEFT = 52, RIGHT = 466, TOP = 30, BOTTOM = 264;
const SVG = "http://www.w3.org/2000/svg";
const MOST_LEVELS = 10_000, MOST_WEIGHTS = 10n ** 12n, MOST_DIGITS = 30;
const ROUNDED = { floor: "rounded down", round: "rounded to the nearest", ceil: "rounded up" };
const PLACES = {
  "a hundred weights": { p: "0.2", s: "0.9", n: "100", rounding: "floor" },
  "ten weights": { p: "0.2", s: "0.9", n: "10", rounding: "floor" },
  "a tie": { p: "0.2", s: "0.36", n: "266200", rounding: "round" },
  "an odd number": { p: "1/2", s: "3/4", n: "266201", rounding: "round" },
};

const divisor = (a, b) => (b ? divisor(b, a % b) : a);

/** The fraction that a text stands for, in lowest terms: "0.2", "1/5" and "2e-1" are one fifth. Throws what to say. */
export function fraction(name, text) {
  const parts = /^\s*(\d+)\/(\d+)\s*$/.exec(text), decimal = /^\s*(\d*)\.?(\d*)(?:e([+-]?\d{1,2}))?\s*$/i.exec(text);
  let top, bottom;
  if (parts) [top, bottom] = [BigInt(parts[1]), BigInt(parts[2])];
  else if (decimal && decimal[1] + decimal[2]) {
    const power = Number(decimal[3] ?? 0) - decimal[2].length;
    top = BigInt(decimal[1] + decimal[2]) * 10n ** BigInt(Math.max(power, 0));
    bottom = 10n ** BigInt(Math.max(-power, 0));
  } else throw new Error(`${name} is a decimal such as 0.2 or a fraction such as 1/5, not “${text}”.`);
  if (!(top > 0n && top < bottom)) throw new Error(`${name} lies strictly between 0 and 1; “${text}” does not.`);
  const common = divisor(top, bottom);
  if (String(bottom / common).length > MOST_DIGITS) throw new Error(`${name} has more than ${MOST_DIGITS} digits.`);
  return { top: top / common, bottom: bottom / common };
}

/** A number of weights. Throws what to say. */
export function whole(text) {
  const digits = text.replace(/[\s,_]/g, "");
  const number = /^\d{1,13}$/.test(digits) ? BigInt(digits) : 0n;
  if (number < 1n || number > MOST_WEIGHTS) throw new Error(`n is a whole number from 1 to 10¹², not “${text}”.`);
  return number;
}

const rest = ({ top, bottom }) => ({ top: bottom - top, bottom });
const share = ({ top, bottom }) => Number(top) / Number(bottom);
const logOfRest = (x) => (share(x) < 0.5 ? Math.log1p(-share(x)) : Math.log(share(rest(x))));

/** The least t with (1 − p)^t ≤ 1 − s. Logarithms only say where to look; what counts is compared exactly. */
export function levels(p, s) {
  const keep = rest(p), wanted = rest(s), near = logOfRest(s) / logOfRest(p);
  if (near > MOST_LEVELS) throw new Error(`That takes more than ${MOST_LEVELS.toLocaleString("en")} levels.`);
  const reached = (t) => keep.top ** BigInt(t) * wanted.bottom <= wanted.top * keep.bottom ** BigInt(t);
  let t = Math.max(1, Math.round(near));
  while (!reached(t)) t += 1;
  while (t > 1 && reached(t - 1)) t -= 1;
  return t;
}

const ROUNDINGS = {
  floor: (a, b) => a / b,
  ceil: (a, b) => (a + b - 1n) / b,
  round(a, b) { // halves to the even number, as Python does
    const low = a / b, twice = 2n * (a % b);
    return twice > b || (twice === b && low % 2n) ? low + 1n : low;
  },
};

/** The largest number of weights that still reaches the target. */
export const allowed = (n, s) => n * rest(s).top / s.bottom;

/** Whole weights kept at each level, up to the target, or to a level that removes nothing (a stall). */
export function follow(n, p, s, rounding) {
  const kept = [n], goal = allowed(n, s);
  for (let left = n; left > goal;) {
    const removed = ROUNDINGS[rounding](p.top * left, p.bottom);
    if (!removed) break;
    kept.push(left -= removed);
  }
  return kept;
}

const counted = (number) => `${number.toLocaleString("en")} level${number === 1 ? "" : "s"}`;

/** All that is shown, from the four texts. Throws what to say of one that cannot be used. */
export function solve({ p: pText, s: sText, n: nText, rounding }) {
  const p = fraction("p", pText), s = fraction("s", sText), n = whole(nText);
  const formula = levels(p, s), kept = follow(n, p, s, rounding), goal = allowed(n, s);
  return { p, s, n, rounding, formula, kept, goal, taken: kept.length - 1, last: kept.at(-1) };
}

/** The sentence that follows the fields; lemma.py says the same to the letter. */
export function reading({ p, s, n, rounding, formula, goal, taken, last }) {
  const keep = rest(p), power = BigInt(formula), en = (number) => number.toLocaleString("en");
  const met = keep.top ** power * s.bottom === rest(s).top * keep.bottom ** power;
  const start = `p = ${p.top}/${p.bottom}, s = ${s.top}/${s.bottom}. The formula: ${counted(formula)}.` +
    `${met ? " The target is met exactly." : ""} ${en(n)} whole weights, ${ROUNDED[rounding]}: `;
  if (last > goal) return `${start}the search stalls at ${en(last)} after ${counted(taken)}; the target allows ${en(goal)}.`;
  const tenths = (2_000n * last + n) / (2n * n);
  return `${start}${counted(taken)}, which keep ${en(last)}, or ${tenths / 10n}.${tenths % 10n} %; ` +
    `the target allows ${en(goal)}.`;
}

/** What the formula gives when it is typed into a program, with rounded logarithms. */
export function typed({ p, s, formula }) {
  const quotient = Math.log(1 - share(s)) / Math.log(1 - share(p)), found = Math.ceil(quotient), off = found - formula;
  const verdict = !Number.isFinite(found) ? "no count at all" : off === 0 ? `${found}, the same` :
    `${found}, ${off === 1 ? "one too many" : off === -1 ? "one too few" : `off by ${Math.abs(off)}`}`;
  return `Typed as code, Math.log(1 - s) / Math.log(1 - p) is ${quotient}, and rounded up: ${verdict}.`;
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

/** 100, 50, 20, 10, … down to a least percentage; only powers of ten if these are many. */
function percents(least) {
  const decades = 2 - Math.floor(Math.log10(least)), every = Math.ceil(decades / 8);
  const steps = decades > 3 ? [1] : [5, 2, 1], ticks = [100];
  for (let power = 1; power > 1 - decades; power -= 1) {
    if (decades <= 3 || (2 - power) % every === 0) ticks.push(...steps.map((step) => step * 10 ** power));
  }
  return ticks.filter((tick) => tick >= least);
}

/** The staircase of whole weights, the formula's straight line, and the target, on a log axis. */
function staircase(found) {
  const { p, s, n, formula, kept, taken } = found, ideal = logOfRest(p), target = logOfRest(s);
  const heights = kept.map((left) => Math.log(Number(left) / Number(n))); // −∞ where none is left
  const low = Math.min(target, formula * ideal, ...heights.filter(Number.isFinite)) - 0.35, most = Math.max(formula, taken);
  const x = (level) => LEFT + (RIGHT - LEFT) * (level + 0.5) / (most + 1);
  const y = (height) => TOP + (BOTTOM - TOP) * Math.min(1, height / low);
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "font-size": 14.5, fill: "currentColor" });
  svg.style.cssText = "width: 100%; height: auto; display: block";
  svg.append(draw("text", { x: 4, y: 16, "font-weight": "bold" }, "Weights kept (%)"));
  const line = { stroke: "currentColor", fill: "none" };
  for (const tick of percents(100 * Math.exp(low))) {
    const height = y(Math.log(tick / 100));
    svg.append(draw("line", { x1: LEFT, x2: RIGHT, y1: height, y2: height, ...line, opacity: 0.15 }));
    svg.append(draw("text", { x: LEFT - 6, y: height + 4, "text-anchor": "end" }, String(Number(tick.toPrecision(1)))));
  }
  const size = 10 ** Math.floor(Math.log10(Math.max(1, most))), step = [0.1, 0.2, 0.5, 1, 2, 5].map((k) => k * size);
  const every = step.find((one) => one >= 1 && most / one <= 8);
  for (let level = 0; level <= most; level += every) {
    svg.append(draw("text", { x: x(level), y: BOTTOM + 18, "text-anchor": "middle" }, String(level)));
  }
  svg.append(draw("line", { x1: LEFT, x2: RIGHT, y1: BOTTOM, y2: BOTTOM, ...line }));
  svg.append(draw("text", { x: (LEFT + RIGHT) / 2, y: BOTTOM + 38, "text-anchor": "middle" }, "level"));
  const looks = { // of the three lines, which their key repeats
    whole: { ...line, "stroke-width": 2.6 },
    formula: { ...line, "stroke-width": 1.4, "stroke-dasharray": "6 4" },
    target: { ...line, "stroke-width": 1.8, "stroke-dasharray": "1.5 4" },
  };
  const steps = heights.flatMap((height, level) => [`${x(level - 0.5)},${y(height)}`, `${x(level + 0.5)},${y(height)}`]);
  svg.append(
    draw("line", { x1: x(-0.5), x2: x(most + 0.5), y1: y(target), y2: y(target), ...looks.target }),
    draw("line", { x1: x(0), x2: x(formula), y1: y(0), y2: y(formula * ideal), ...looks.formula }),
    draw("polyline", { points: steps.join(" "), ...looks.whole }),
  );
  const stalls = found.last > found.goal;
  const key = {
    whole: stalls ? `whole weights: a stall` : `whole weights: ${counted(taken)}`,
    formula: `the formula: ${counted(formula)}`,
    target: `the target: ${Number((100 * share(rest(s))).toPrecision(3))} % kept`,
  };
  Object.entries(key).forEach(([name, words], row) => {
    const height = TOP + 14 + 21 * row, left = RIGHT - 200;
    svg.append(draw("line", { x1: left - 36, x2: left - 8, y1: height - 4, y2: height - 4, ...looks[name] }));
    svg.append(draw("text", { x: left, y: height }, words));
  });
  svg.setAttribute("aria-label", `Percent of weights kept, on a log axis, against the level. ${Object.values(key).join("; ")}.`);
  return svg;
}

/** Fields, places to go to, the staircase and two sentences, in `el`; `model` has p, s, n and rounding, all texts. */
function render({ model, el }) {
  const fields = {}, labels = { p: "Prune rate p", s: "Target sparsity s", n: "Weights n", rounding: "p × survivors" };
  const controls = make("div", "display: flex; flex-wrap: wrap; gap: 0.5em 1.2em; align-items: end");
  for (const [name, words] of Object.entries(labels)) {
    const field = fields[name] = make(name === "rounding" ? "select" : "input", "display: block; font: inherit; width: 9.5em");
    if (name === "rounding") {
      for (const [value, text] of Object.entries(ROUNDED)) field.append(new Option(text, value));
      field.style.width = "auto";
    } else Object.assign(field, { type: "text", autocomplete: "off", spellcheck: false });
    field.setAttribute("data-lm-suppress-shortcuts", "true"); // else JupyterLab takes its keys
    field.addEventListener("input", () => choose({ [name]: field.value }));
    controls.append(make("label", "flex: none", words, field));
  }
  const places = make("div", "margin: 0.6em 0 0; display: flex; flex-wrap: wrap; gap: 0.4em 0.6em; align-items: baseline", "Go to");
  for (const [words, values] of Object.entries(PLACES)) {
    const button = make("button", "font: inherit; padding: 0.1em 0.6em; cursor: pointer", words);
    button.type = "button";
    button.addEventListener("click", () => choose(values));
    places.append(button);
  }
  const picture = make("div", "max-width: 620px; margin: 0.8em 0 0.3em");
  const sentence = make("p", "margin: 0.3em 0"), inFloats = make("p", "margin: 0.3em 0");
  sentence.setAttribute("aria-live", "polite");

  function update() {
    for (const [name, field] of Object.entries(fields)) if (field.value !== model.get(name)) field.value = model.get(name);
    const values = Object.fromEntries(Object.keys(fields).map((name) => [name, model.get(name)]));
    let found = null;
    try {
      found = solve(values);
      [sentence.textContent, inFloats.textContent] = [reading(found), typed(found)];
      picture.replaceChildren(staircase(found));
    } catch (error) {
      [sentence.textContent, inFloats.textContent] = [error.message, ""];
    }
    picture.style.opacity = found ? 1 : 0.3; // the last one that could be drawn
  }
  function choose(values) {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  }
  for (const name of Object.keys(fields)) model.on(`change:${name}`, update);
  const style = "color: var(--jp-content-font-color1, inherit); max-width: 980px; padding: 0.3em 0";
  el.replaceChildren(make("div", style, controls, places, picture, sentence, inFloats));
  update();
}

const explorer = { render };
export default explorer;
