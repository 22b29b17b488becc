// The shards as a ring: the outer band says who owns each now, the inner one who had it before, the brighter the shorter ago.
import { svg } from './vendor/lit-html/lit-html.js';
import { html, nothing } from './view.js';
import { state, colorOf, isUnreachable } from './state.js';
import { plural } from './text.js';

const slicesAtMost = 1024;
const center = 160;
const bands = { owner: [126, 152], before: [112, 122] };
const paths = new Map();

function slicePath(band, i, count) {
  const key = `${band}/${i}/${count}`;
  if (paths.has(key)) return paths.get(key);
  const [inner, outer] = bands[band];
  const gap = count <= 512 ? 0.12 : 0;
  const [from, to] = [i + gap / 2, i + 1 - gap / 2].map(x => (x / count) * 2 * Math.PI - Math.PI / 2);
  const at = (radius, angle) => `${(center + radius * Math.cos(angle)).toFixed(2)} ${(center + radius * Math.sin(angle)).toFixed(2)}`;
  const big = to - from > Math.PI ? 1 : 0;
  const path = `M${at(outer, from)}A${outer} ${outer} 0 ${big} 1 ${at(outer, to)}L${at(inner, to)}A${inner} ${inner} 0 ${big} 0 ${at(inner, from)}Z`;
  if (paths.size > 8192) paths.clear();
  paths.set(key, path);
  return path;
}

/** Nobody has it: never taken, given back, or its owner is not there. */
export const isLost = shard => !shard.allocated;

function ownerClass(shard) {
  if (!shard.node) return 'nobody';
  return isLost(shard) || isUnreachable(shard.node) ? 'lost' : colorOf(shard.node);
}

/** How long ago, as one of five classes. */
function freshness(ageMs) {
  return ageMs < 10_000 ? 'a0' : ageMs < 60_000 ? 'a1' : ageMs < 180_000 ? 'a2' : ageMs < 420_000 ? 'a3' : 'a4';
}

/** The last move of each shard in the last 15 minutes. */
export function lastMoves() {
  const last = new Map();
  for (const move of state.activity.moves.values()) if (!last.has(move.shard) || last.get(move.shard).epoch < move.epoch) last.set(move.shard, move);
  return last;
}

export function ring() {
  const shards = state.ring?.shards ?? [];
  if (shards.length === 0) return html`<p class="empty">Who owns which shard is not known yet.</p>`;
  const step = Math.ceil(shards.length / slicesAtMost);
  const shown = shards.filter((_, i) => i % step === 0);
  const moves = lastMoves();
  const owned = shards.filter(s => s.allocated).length;
  const owners = new Set(shards.filter(s => s.allocated).map(s => s.node)).size;
  const dim = address => state.selected && state.selected !== address ? 'dim' : '';
  return html`<svg class="ring" viewBox="0 0 320 320" role="img" aria-label="${owned} of ${plural(shards.length, 'shard')} owned by ${plural(owners, 'node')}; ${moves.size} moved in the last 15 minutes">
    ${shown.map((shard, i) => {
      const move = moves.get(Number(shard.shard));
      const fresh = move ? state.activity.nowMs - move.atMs < 10_000 : false;
      return svg`<path class="slice ${ownerClass(shard)} ${fresh ? 'fresh' : ''} ${dim(shard.node)}" data-shard=${shard.shard} data-node=${shard.node ?? ''} d=${slicePath('owner', i, shown.length)}></path>
        ${move?.from ? svg`<path class="before ${colorOf(move.from)} ${freshness(state.activity.nowMs - move.atMs)}" data-moved=${shard.shard} data-from=${move.from} d=${slicePath('before', i, shown.length)}></path>` : nothing}`;
    })}
    <text class="big ${owned < shards.length ? 'bad' : ''}" x=${center} y="158" text-anchor="middle">${owned}</text>
    <text class="small" x=${center} y="182" text-anchor="middle">of ${shards.length} shards owned</text>
  </svg>
  <p class="key"><span>Outer band: the owner now${step > 1 ? ` (one slice is ${step} shards)` : ''}.</span> <span>Inner band: who had it before, if it moved in the last 15 minutes.</span></p>`;
}

/** Moves that belong together: one after the other within three seconds. The latest first. */
export function moveGroups() {
  const moves = [...state.activity.moves.values()].sort((a, b) => a.atMs - b.atMs);
  const groups = [];
  for (const move of moves) {
    const last = groups[groups.length - 1];
    if (last && move.atMs - last.untilMs < 3000) {
      last.moves.push(move);
      last.untilMs = move.atMs;
    } else groups.push({ fromMs: move.atMs, untilMs: move.atMs, moves: [move] });
  }
  return groups.reverse().map(group => {
    const ways = new Map();
    for (const { from, to } of group.moves) {
      const way = `${from} ${to}`;
      ways.set(way, { from, to, count: (ways.get(way)?.count ?? 0) + 1 });
    }
    return { ...group, ways: [...ways.values()].sort((a, b) => b.count - a.count) };
  });
}

/** The numbers of a node's shards as ranges: 0–3, 7, 9–12. */
export function ranges(address) {
  const numbers = (state.ring?.shards ?? []).filter(s => s.node === address && s.allocated).map(s => Number(s.shard));
  const parts = [];
  for (const n of numbers) {
    const last = parts[parts.length - 1];
    if (last && last[1] === n - 1) last[1] = n;
    else parts.push([n, n]);
  }
  return parts.map(([a, b]) => (a === b ? `${a}` : `${a}–${b}`)).join(', ');
}
