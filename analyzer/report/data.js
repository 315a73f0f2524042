// What the page shows: reads the data that lies in the document, and answers for alerts by their place.
// Texts of captures are hostile. They reach the document as text nodes alone, never as markup.

const data = JSON.parse(document.getElementById("data").textContent);
const strings = data.strings;
const PRIORITIES = ["Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug"];
/** In the order in which an attack goes. */
const TACTICS = data.tactics;

/** Sums of steps, as one array: the way back from differences. */
function summed(steps) {
  const sums = new Float64Array(steps.length);
  let sum = 0;
  for (let at = 0; at < steps.length; at++) sums[at] = sum += steps[at];
  return sums;
}

const alerts = {
  count: data.alerts.time.length,
  /** Nanoseconds since the first alert. */
  time: summed(data.alerts.time),
  rule: Int32Array.from(data.alerts.rule),
  process: Int32Array.from(data.alerts.process),
  text: Int32Array.from(data.alerts.text),
  why: Int32Array.from(data.alerts.why),
  incomplete: new Set(data.alerts.incomplete),
};

/** All alerts in the order of their times; nodes are told one after the other. */
const inOrder = (() => {
  const order = Uint32Array.from(alerts.time, (_, at) => at);
  const isSorted = alerts.time.every((time, at) => at === 0 || alerts.time[at - 1] <= time);
  return isSorted ? order : order.sort((one, other) => alerts.time[one] - alerts.time[other] || one - other);
})();

const [first, last] = alerts.count
  ? [alerts.time[inOrder[0]], alerts.time[inOrder[alerts.count - 1]]]
  : [0, 0];

const ruleOf = (alert) => data.rules[alerts.rule[alert]];
const priorityOf = (alert) => PRIORITIES.indexOf(ruleOf(alert).priority);

/** The alert's offset from UTC, in seconds. */
function offsetOf(alert) {
  let offset = 0;
  for (const [from, seconds] of data.alerts.offsets) if (from <= alert) offset = seconds;
  return offset;
}

/** A moment as a person reads it; nanoseconds are since the first alert. */
function clock(nanoseconds, offset) {
  const all = BigInt(data.alerts.first_time) + BigInt(Math.round(nanoseconds));
  const milliseconds = Number(all / 1000000n) + offset * 1000;
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? "unknown" : date.toISOString().replace("T", " ").replace("Z", "");
}

function zoneName(offset) {
  if (offset === 0) return "UTC";
  const minutes = Math.abs(offset / 60);
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  return `UTC${offset < 0 ? "−" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/** The name of an alert's evidence, by which other commands find it. */
function evidenceOf(alert) {
  let boottime = BigInt(data.alerts.first_boottime);
  for (let at = 0; at <= alert; at++) boottime += BigInt(data.alerts.boottime[at]);
  const process = processOf(alert);
  const boot = data.nodes[process ? process.node : 0]?.[1] ?? "";
  return `${boot}-${data.alerts.cpu[alert]}-${boottime}-${ruleOf(alert).digest}`;
}

/** A process by its place; none for −1. */
function processAt(at) {
  const all = data.processes;
  if (at < 0 || at === undefined) return null;
  return {
    at,
    pid: all.pid[at],
    name: strings[all.name[at]] || "unknown",
    exe: strings[all.exe[at]],
    command: strings[all.command[at]],
    user: strings[all.user[at]],
    parent: all.parent[at],
    container: all.container[at],
    node: Math.max(0, all.node[at]),
    life: all.life[at],
  };
}

const processOf = (alert) => processAt(alerts.process[alert]);

/** A container in words. */
function containerName(at) {
  if (at < 0 || at === undefined) return "unknown";
  const [id, name, image, pod] = data.containers[at].map((number) => strings[number]);
  const parts = [id];
  if (name && name !== id) parts.push(name);
  if (image) parts.push(`(${image})`);
  if (pod) parts.push(`pod ${pod}`);
  return parts.join(" ");
}

const acts = new Map(data.acts);
const grouped = (number) => number.toLocaleString("en-US");
const counted = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;

/** An element with attributes and children; texts become text nodes. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function drawn(tag, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
