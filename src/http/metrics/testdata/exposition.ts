/** A sample of a scrape. */
export interface ScrapedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const helpLine = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\\n]|\\[\\n])*$/;
const typeLine = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/;
const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)$/;
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;

/**
 * Reads Prometheus's text format 0.0.4, stricter than Prometheus does: each metric has HELP and TYPE before its samples, all
 * of which stand together; no sample comes twice; counters are not negative; a histogram's buckets do not decrease and end
 * with +Inf, which equals its count.
 *
 * @throws Error
 */
export function parseExposition(text: string): ScrapedSample[] {
  if (!text.endsWith("\n")) throw new Error("the text does not end with a line end");
  const samples: ScrapedSample[] = [];
  const seenMetrics = new Set<string>();
  const seenSamples = new Set<string>();
  let help = "";
  let metric = { name: "", type: "" };
  for (const line of text.split("\n")) {
    if (line === "") continue;
    if (line.startsWith("# HELP")) {
      help = match(helpLine, line)[1] ?? "";
    } else if (line.startsWith("#")) {
      const [, name = "", type = ""] = match(typeLine, line);
      if (name !== help || seenMetrics.has(name)) throw new Error(`TYPE out of place: ${line}`);
      seenMetrics.add(name);
      metric = { name, type };
    } else {
      const sample = parseSample(line);
      if (baseName(sample.name, metric.type) !== metric.name) {
        throw new Error(`a sample out of place: ${line}`);
      }
      const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
      if (seenSamples.has(key)) throw new Error(`a sample twice: ${line}`);
      seenSamples.add(key);
      if (metric.type !== "gauge" && !(sample.value >= 0)) throw new Error(`negative: ${line}`);
      samples.push(sample);
    }
  }
  checkHistograms(samples);
  return samples;
}

function parseSample(line: string): ScrapedSample {
  const [, name = "", pairs = "", number = ""] = match(sampleLine, line);
  const labels: Record<string, string> = {};
  for (let position = 0; position < pairs.length; position = labelPair.lastIndex) {
    labelPair.lastIndex = position;
    const [, label = "", value = ""] = match(labelPair, pairs);
    if (label in labels) throw new Error(`a label twice: ${line}`);
    labels[label] = value.replace(/\\(.)/g, (_, character: string) =>
      character === "n" ? "\n" : character,
    );
  }
  const value = number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number);
  if (Number.isNaN(value)) throw new Error(`no number: ${line}`);
  return { name, labels, value };
}

function baseName(name: string, type: string): string {
  return type === "histogram" ? name.replace(/_(bucket|sum|count)$/, "") : name;
}

function checkHistograms(samples: readonly ScrapedSample[]): void {
  const series = new Map<string, { le: number; value: number }[]>();
  for (const { name, labels, value } of samples) {
    const { le, ...others } = labels;
    if (le === undefined) continue;
    const key = `${name.replace(/_bucket$/, "")}${JSON.stringify(others)}`;
    const buckets = series.get(key) ?? [];
    buckets.push({ le: le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le), value });
    series.set(key, buckets);
  }
  for (const [key, buckets] of series) {
    const ordered = buckets.every(
      ({ le, value }, index) =>
        index === 0 ||
        (le > (buckets[index - 1]?.le ?? le) && value >= (buckets[index - 1]?.value ?? value)),
    );
    const count = samples.find(
      ({ name, labels }) => `${name.replace(/_count$/, "")}${JSON.stringify(labels)}` === key,
    );
    const last = buckets.at(-1);
    if (!ordered || last?.le !== Number.POSITIVE_INFINITY || last.value !== count?.value) {
      throw new Error(`the buckets of ${key} do not add up`);
    }
  }
}

function match(pattern: RegExp, text: string): RegExpExecArray {
  const found = pattern.exec(text);
  if (found === null) throw new Error(`malformed: ${text}`);
  return found;
}
