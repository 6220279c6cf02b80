// What the training error promises of the test error: training error + √(price / 2m), in parts; see certificate.py.

const VACUOUS = 1, GUESSING = 0.9, HIGHEST = 1.5;

/** The parts of the bound, from the bottom, and their sum. The same arithmetic as in bounds.py. */
export function solve(state, percent, bits, examples, error) {
  const { kept, masks } = state.kept.find((entry) => entry.percent === percent), bit = bits * Math.LN2;
  const prices = { mask: masks, weights: kept * bit, biases: state.biases * bit, certainty: state.confidence };
  const nats = masks + kept * bit + state.biases * bit + state.confidence;
  const trained = Math.round(examples * error / 100) / examples, gap = Math.sqrt(nats / (2 * examples));
  const parts = { "training error": trained };
  for (const [name, price] of Object.entries(prices)) parts[name] = gap * price / nats;
  return { percent, bits, examples, error, kept, weights: state.weights, trained, gap, bound: trained + gap, parts };
}

/** The sentence that follows the sliders. */
export function reading({ percent, bits, examples, kept, weights, trained, gap, bound }) {
  const [all, some, many] = [weights, kept, examples].map((count) => count.toLocaleString("en"));
  let verdict = "Guessing among ten classes errs in 90 %, so this says something.";
  if (bound > VACUOUS) verdict = "No error is above 100 %, so this says nothing (vacuous).";
  else if (bound >= GUESSING) verdict = "Guessing among ten classes errs in 90 %, so this says no more.";
  return `${percent} % of ${all} weights (${some}) at ${bits} bit${bits === 1 ? "" : "s"} each, ${many} training ` +
    `examples. Training error ${number(100 * trained)} % and a gap of ${number(100 * gap)} points: with a probability ` +
    `of 95 %, the test error is at most ${number(100 * bound)} %. ${verdict}`;
}

const y = (share) => BOTTOM - (BOTTOM - TOP) * share / HIGHEST;

/** An empty panel from 0 to 150 %, with lines where a bound says nothing and where guessing is. */
function percents(title, xlabel, columns) {
  const rows = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5].map((share) => [y(share), String(100 * share)]);
  const svg = panel(title, xlabel, rows, columns);
  svg.append(line([[LEFT, y(VACUOUS)], [RIGHT, y(VACUOUS)]], { "stroke-width": 1.4, "stroke-dasharray": "6 4" }));
  svg.append(line([[LEFT, y(GUESSING)], [RIGHT, y(GUESSING)]], { "stroke-width": 1.4, "stroke-dasharray": "1.5 3.5" }));
  return svg;
}

const LOOKS = [{}, { fill: BLUE }, { fill: BLUE, opacity: 0.55 }, { opacity: 0.45 }, { fill: BLUE, opacity: 0.3 }];

/** The bound as one bar, and its parts by name in the same order; what is above 150 % is cut off. */
function stack({ parts, bound }) {
  const title = `The bound: ${number(100 * bound)} %${bound > HIGHEST ? " (the bar goes on)" : ""}`;
  const svg = percents(title, "its parts, in points", []), bar = inside(svg);
  let bottom = 0;
  Object.entries(parts).forEach(([name, part], i) => {
    const top = y(bottom + part), height = Math.max(0, y(bottom) - top - 0.7), row = BOTTOM - 14 - 21 * i;
    bar.append(draw("rect", { x: LEFT + 14, y: top, width: 80, height, ...LOOKS[i] }));
    svg.append(draw("rect", { x: LEFT + 112, y: row - 10, width: 12, height: 12, ...LOOKS[i] }));
    svg.append(label(LEFT + 131, row, `${name}: ${number(100 * part)}`, { "text-anchor": "start" }));
    bottom += part;
  });
  return svg;
}

/** The bound against the weights kept, all else as chosen. */
function curve(state, { percent, bits, examples, error, bound }) {
  const least = Math.log(state.kept.at(-1).percent / 100);
  const x = (one) => LEFT + 8 + (RIGHT - LEFT - 16) * Math.log(one / 100) / least;
  const columns = [100, 10, 1, 0.1, 0.01].map((one) => [x(one), String(one)]);
  const svg = percents("The bound (%), all else the same", "weights kept (%)", columns);
  const bounds = state.kept.map((one) => [one.percent, solve(state, one.percent, bits, examples, error).bound]);
  inside(svg).append(line(bounds.map(([one, height]) => [x(one), y(height)]), { "stroke-width": 2.2 }));
  if (bound <= HIGHEST) svg.append(draw("circle", { cx: x(percent), cy: y(bound), r: 6, fill: BLUE }));
  svg.append(
    label(RIGHT - 4, y(VACUOUS) - 5, "above: says nothing", { "text-anchor": "end" }),
    label(RIGHT - 4, y(GUESSING) + 13, "guessing", { "text-anchor": "end" }),
  );
  return svg;
}

/** Four sliders, two panels and the sentence; `model` has state, percent, bits, examples and error. */
function render({ model, el }) {
  const state = model.get("state"), shares = state.kept.map((entry) => entry.percent);
  const left = slider("Weights kept", (place) => choose(model, { percent: shares[place] }));
  const wide = slider("Bits a weight", (place) => choose(model, { bits: place + 1 }));
  const many = slider("Training examples", (place) => choose(model, { examples: state.examples[place] }));
  const wrong = slider("Training error", (place) => choose(model, { error: state.errors[place] }));
  const names = ["percent", "bits", "examples", "error"];
  explore({ model, el }, names, [left, wide, many, wrong], () => {
    const [percent, bits, examples, error] = names.map((name) => model.get(name));
    const found = solve(state, percent, bits, examples, error);
    left.show(shares.indexOf(percent), shares.length - 1, `${percent} %`);
    wide.show(bits - 1, state.bits - 1, String(bits));
    many.show(state.examples.indexOf(examples), state.examples.length - 1, examples.toLocaleString("en"));
    wrong.show(state.errors.indexOf(error), state.errors.length - 1, `${error} %`);
    const parts = Object.entries(found.parts).map(([name, part]) => `${name} ${number(100 * part)}`);
    return {
      words: reading(found),
      panels: [
        [stack(found), `The bound as a bar, in points: ${parts.join(", ")}.`],
        [curve(state, found), `The bound against the weights kept; ${percent} % has a dot.`],
      ],
    };
  });
}

const explorer = { render };
export default explorer;
