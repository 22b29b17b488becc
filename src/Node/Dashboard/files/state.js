// All that is known, in one place. Pages read it; main.js fills it and draws again.

export const state = {
  cluster: null,
  ring: null,
  ringVersion: null,
  activity: { nowMs: 0, slotSeconds: 5, nodes: [], silent: [], slots: new Map(), nodeSlots: new Map(), moves: new Map(), failovers: new Map(), gone: new Map(), events: new Map() },
  /** The last failure of the three questions that are asked all the time; null: the last was answered. */
  trouble: null,
  /** Why nobody says who owns the shards, while the node answers all else: mostly its database is away. */
  ringTrouble: null,
  troubleSince: 0,
  selected: null,
};

const colors = new Map();
const colorCount = 8;

/** Each node keeps its colour for as long as the page is open, also when others come and go. */
export function colorOf(address) {
  if (!colors.has(address)) colors.set(address, `c${colors.size % colorCount}`);
  return colors.get(address);
}

/** In the order of their addresses: every browser gives the same colours to the same members. */
export function giveColors(addresses) {
  [...addresses].sort().forEach(colorOf);
}

const keptMs = 15 * 60 * 1000;

/** Adds what an answer of /v1/cluster/activity brings to what is there already. */
export function mergeActivity(answer) {
  const a = state.activity;
  a.nowMs = answer.nowMs;
  a.slotSeconds = answer.slotSeconds;
  a.nodes = answer.nodes;
  a.silent = answer.silent;
  for (const slot of answer.slots) a.slots.set(slot.at, slot);
  for (const node of answer.nodes) {
    if (!a.nodeSlots.has(node.address)) a.nodeSlots.set(node.address, new Map());
    for (const slot of node.slots) a.nodeSlots.get(node.address).set(slot.at, slot.calls);
  }
  for (const m of answer.moves) a.moves.set(`${m.shard}/${m.epoch}`, m);
  // What is not over is told each time, until it is over or turns out to have been none.
  a.failovers.forEach((f, key) => f.untilMs || a.failovers.delete(key));
  for (const f of answer.failovers) a.failovers.set(f.incarnation, f);
  for (const g of answer.gone) a.gone.set(g.incarnation, g);
  for (const e of answer.events) a.events.set(e.id, e);
  const oldest = answer.nowMs - keptMs;
  const forget = (map, isOld) => map.forEach((value, key) => isOld(value, key) && map.delete(key));
  forget(a.slots, s => s.at * 1000 < oldest);
  a.nodeSlots.forEach(slots => forget(slots, (_, at) => at * 1000 < oldest));
  forget(a.moves, m => m.atMs < oldest);
  forget(a.failovers, f => f.fromMs < oldest);
  forget(a.gone, g => g.atMs < oldest);
  if (a.events.size > 2000) [...a.events.values()].sort((x, y) => x.atMs - y.atMs).slice(0, a.events.size - 1500).forEach(e => a.events.delete(e.id));
}

/** The slots of the last 15 minutes that are over, also those in which nothing happened: [at, slot or undefined]. */
export function closedSlots() {
  const a = state.activity;
  const size = a.slotSeconds;
  const last = Math.floor(a.nowMs / 1000 / size) * size - size;
  const slots = [];
  for (let at = last - 15 * 60 + size; at <= last; at += size) slots.push([at, a.slots.get(at)]);
  return slots;
}

/** Calls a second that a node served in the last slot that is over. */
export function rateOf(address) {
  const closed = closedSlots();
  return (state.activity.nodeSlots.get(address)?.get(closed[closed.length - 1][0]) ?? 0) / state.activity.slotSeconds;
}

/** Members, and those that were members in the last 15 minutes and whose address is no member now. */
export function membersAndGone() {
  const members = state.cluster?.members ?? [];
  const there = new Set(members.map(m => m.address));
  const gone = new Map();
  for (const g of [...state.activity.gone.values()].sort((x, y) => x.atMs - y.atMs)) if (!there.has(g.address)) gone.set(g.address, g);
  return { members, gone: [...gone.values()] };
}

export const isUnreachable = address => state.cluster?.unreachable?.includes(address) ?? false;

/** The node that this page comes from. */
export const servingNode = () => state.activity.nodes[0]?.address ?? '';
