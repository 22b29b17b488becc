// How figures are written.

/** A duration in seconds, short. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 0.001) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (seconds < 0.1) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 1) return `${(seconds * 1000).toFixed(0)} ms`;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return spell(seconds);
}

/** A duration at an axis: as short as can be. */
export function tick(seconds) {
  const [value, unit] = seconds >= 1 || seconds === 0 ? [seconds, 's'] : seconds >= 0.001 ? [seconds * 1e3, 'ms'] : [seconds * 1e6, 'µs'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

/** A long time: 3 d 4 h. */
export function spell(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

export const ago = (thenMs, nowMs) => {
  const seconds = (nowMs - thenMs) / 1000;
  return seconds < 1.5 ? 'just now' : `${seconds < 3600 ? spell(seconds) : spell(seconds - (seconds % 60))} ago`;
};

export const number = n => (n >= 1000 || Number.isInteger(n) ? Math.round(n).toLocaleString('en') : n.toFixed(n < 10 ? 1 : 0));

export const clock = ms => new Date(ms).toLocaleTimeString('en-GB');

/** akka.tcp://AkkaHa@host:port, without what is the same for all. */
export const short = address => address.replace(/^akka(\.\w+)?:\/\/[^@]*@/, '');

export const plural = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;
