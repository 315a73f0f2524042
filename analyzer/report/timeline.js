
// When it happened: bars over time, a lane for each tactic, and a stretch that is chosen with the pointer or with two sliders.

const BINS = 120;
const HEIGHT = 96;
const SPAN = Math.max(last - first, 1);
const binOf = (time) => Math.min(BINS - 1, Math.floor(((time - first) / SPAN) * BINS));

/** From the gravest on: three weights of bars. */
const weightOf = data.rules.map((rule) => {
  const at = PRIORITIES.indexOf(rule.priority);
  return at <= 2 ? "grave" : at <= 4 ? "middle" : "light";
});

function makeTimeline(changed) {
  const svg = drawn("svg", { viewBox: `0 0 ${BINS} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const chosen = make("div", { class: "chosen", hidden: true });
  const plot = make("div", { class: "plot" }, svg, chosen);
  const slider = (name, at) => make("input", {
    type: "range", min: 0, max: BINS, value: at, "aria-label": `${name} of the time that is shown`,
    oninput: () => {
      const [from, to] = [Number(begin.value), Number(end.value)].sort((one, other) => one - other);
      choose(from, Math.max(to, from + 1));
    },
  });
  const begin = slider("Begin", 0);
  const end = slider("End", BINS);
  const offset = alerts.count ? offsetOf(inOrder[0]) : 0;
  const axis = make("div", { class: "axis" },
    make("span", {}, clock(first, offset)),
    make("span", { class: "zone" }, zoneName(offset)),
    make("span", {}, clock(last, offset)));
  const lanes = make("div", { class: "lanes" });

  function choose(from, to) {
    const isAll = from <= 0 && to >= BINS;
    filter.from = isAll ? -Infinity : first + (from / BINS) * SPAN;
    filter.to = isAll ? Infinity : first + (to / BINS) * SPAN;
    changed();
  }

  let begun = null;
  const place = (event) => {
    const box = plot.getBoundingClientRect();
    return Math.max(0, Math.min(BINS, ((event.clientX - box.left) / box.width) * BINS));
  };
  plot.addEventListener("pointerdown", (event) => {
    begun = place(event);
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener("pointermove", (event) => {
    if (begun === null) return;
    const at = place(event);
    if (Math.abs(at - begun) >= 0.5) choose(Math.min(at, begun), Math.max(at, begun));
  });
  plot.addEventListener("pointerup", (event) => {
    // A click without a stretch shows all again.
    if (begun !== null && Math.abs(place(event) - begun) < 0.5) choose(0, BINS);
    begun = null;
  });

  function draw(shown) {
    const counts = { grave: new Uint32Array(BINS), middle: new Uint32Array(BINS), light: new Uint32Array(BINS) };
    const ofTactics = new Map(TACTICS.map((tactic) => [tactic, new Uint32Array(BINS)]));
    const tacticsOf = data.rules.map((rule) => rule.tactics.map((tactic) => ofTactics.get(tactic)));
    for (const alert of shown) {
      const bin = binOf(alerts.time[alert]);
      counts[weightOf[alerts.rule[alert]]][bin]++;
      for (const bins of tacticsOf[alerts.rule[alert]]) bins[bin]++;
    }
    let most = 1;
    for (let bin = 0; bin < BINS; bin++) most = Math.max(most, counts.grave[bin] + counts.middle[bin] + counts.light[bin]);
    svg.replaceChildren();
    for (let bin = 0; bin < BINS; bin++) {
      let top = HEIGHT;
      for (const weight of ["grave", "middle", "light"]) {
        const count = counts[weight][bin];
        if (!count) continue;
        const height = Math.max(2, (count / most) * (HEIGHT - 6));
        top -= height;
        svg.append(drawn("rect", { class: weight, x: bin + 0.1, y: Math.max(0, top), width: 0.8, height }));
      }
    }
    drawLanes(lanes, ofTactics, changed);
    const isAll = filter.from === -Infinity && filter.to === Infinity;
    const at = (time) => Math.max(0, Math.min(1, (time - first) / SPAN));
    const [from, to] = isAll ? [0, 1] : [at(filter.from), at(filter.to)];
    chosen.hidden = isAll;
    chosen.style.left = `${from * 100}%`;
    chosen.style.width = `${(to - from) * 100}%`;
    begin.value = Math.round(from * BINS);
    end.value = Math.round(to * BINS);
    for (const [input, time] of [[begin, from], [end, to]]) {
      input.setAttribute("aria-valuetext", clock(first + time * SPAN, offset));
    }
  }

  const section = make("section", { class: "timeline", "aria-label": "Timeline" },
    make("p", { class: "hint" }, "Drag over the bars, or move the handles below them, to choose a time."),
    plot, make("div", { class: "sliders" }, begin, end), axis, lanes);
  return { section, draw };
}

function drawLanes(lanes, ofTactics, changed) {
  const focused = lanes.contains(document.activeElement) ? document.activeElement.dataset.tactic : null;
  lanes.replaceChildren();
  for (const [tactic, bins] of ofTactics) {
    let sum = 0;
    let most = 1;
    for (const count of bins) {
      sum += count;
      most = Math.max(most, count);
    }
    if (!sum && filter.tactic !== tactic) continue;
    const svg = drawn("svg", { viewBox: `0 0 ${BINS} 10`, preserveAspectRatio: "none", "aria-hidden": "true" });
    bins.forEach((count, bin) => {
      if (!count) return;
      const opacity = 0.35 + 0.65 * (count / most);
      svg.append(drawn("rect", { x: bin, y: 0, width: 1, height: 10, "fill-opacity": opacity.toFixed(2) }));
    });
    const button = make("button", {
      type: "button", "aria-pressed": String(filter.tactic === tactic), "data-tactic": tactic,
      onclick: () => {
        filter.tactic = filter.tactic === tactic ? "" : tactic;
        changed();
      },
    }, tactic, " ", make("span", { class: "count" }, grouped(sum)));
    lanes.append(make("div", { class: "lane" }, button, svg));
    if (focused === tactic) button.focus();
  }
}
