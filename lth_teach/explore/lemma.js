// How many levels to a target: exact fractions, in whole numbers of any length (BigInt). Nothing here is rounded but
// the picture, and the one line that shows what rounding does.

const AXES = { left: 52, right: 468, bottom: 264, size: 14.5 };
const MOST_LEVELS = 10_000, MOST_WEIGHTS = 10n ** 12n, MOST_DIGITS = 30;
const ROUNDED = { floor: "rounded down", round: "rounded to the nearest (halves to even)", ceil: "rounded up" };
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
  const { p, s, n, formula, kept, taken } = found, { left, right, bottom } = AXES;
  const ideal = logOfRest(p), target = logOfRest(s), most = Math.max(formula, taken);
  const heights = kept.map((count) => Math.log(Number(count) / Number(n))); // −∞ where none is left
  const low = Math.min(target, formula * ideal, ...heights.filter(Number.isFinite)) - 0.35;
  const x = (level) => left + (right - left) * (level + 0.5) / (most + 1);
  const y = (height) => TOP + (bottom - TOP) * Math.min(1, height / low);
  const ticks = percents(100 * Math.exp(low)), rows = ticks.map((t) => [y(Math.log(t / 100)), String(Number(t.toPrecision(1)))]);
  const size = 10 ** Math.floor(Math.log10(Math.max(1, most))), step = [0.1, 0.2, 0.5, 1, 2, 5].map((k) => k * size);
  const every = step.find((one) => one >= 1 && most / one <= 8), columns = [];
  for (let level = 0; level <= most; level += every) columns.push([x(level), String(level)]);
  const svg = panel("Weights kept (%)", "level", rows, columns, AXES);
  const looks = { // of the three lines, which their key repeats
    whole: { "stroke-width": 2.6 },
    formula: { "stroke-width": 1.4, "stroke-dasharray": "6 4" },
    target: { "stroke-width": 1.8, "stroke-dasharray": "1.5 4" },
  };
  svg.append(
    line([[left, y(target)], [right, y(target)]], looks.target),
    line([[x(0), y(0)], [x(formula), y(formula * ideal)]], looks.formula),
    line(heights.flatMap((height, level) => [[x(level - 0.5), y(height)], [x(level + 0.5), y(height)]]), looks.whole),
  );
  const key = {
    whole: found.last > found.goal ? "whole weights: a stall" : `whole weights: ${counted(taken)}`,
    formula: `the formula: ${counted(formula)}`,
    target: `the target: ${Number((100 * share(rest(s))).toPrecision(3))} % kept`,
  };
  Object.entries(key).forEach(([name, words], row) => {
    const height = TOP + 14 + 21 * row, start = right - 202;
    svg.append(line([[start - 36, height - 4], [start - 8, height - 4]], looks[name]));
    svg.append(label(start, height, words, { "text-anchor": "start" }));
  });
  svg.setAttribute("aria-label", `Percent of weights kept, on a log axis, against the level. ${Object.values(key).join("; ")}.`);
  return svg;
}

/** Fields, places to go to, the staircase and two sentences; `model` has p, s, n and rounding, all texts. */
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
    field.addEventListener("input", () => choose(model, { [name]: field.value }));
    controls.append(make("label", "flex: none", words, field));
  }
  const places = make("div", "margin: 0.6em 0 0; display: flex; flex-wrap: wrap; gap: 0.4em 0.6em; align-items: baseline", "Go to");
  for (const [words, values] of Object.entries(PLACES)) {
    const button = make("button", "font: inherit; padding: 0.1em 0.6em; cursor: pointer", words);
    button.type = "button";
    button.addEventListener("click", () => choose(model, values));
    places.append(button);
  }
  const picture = make("div", "max-width: 620px; margin: 0.8em 0 0.3em");
  const sentence = spoken(), inFloats = make("p", "margin: 0.3em 0");

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
  for (const name of Object.keys(fields)) model.on(`change:${name}`, update);
  frame(el, controls, places, picture, sentence, inFloats);
  update();
}

const explorer = { render };
export default explorer;
