// Asks the node while somebody looks, and draws. Nothing is asked while the page is hidden.
import { render } from './vendor/lit-html/lit-html.js';
import { html, nothing } from './view.js';
import { get, getWithVersion } from './api.js';
import { state, giveColors, mergeActivity, servingNode } from './state.js';
import { overview, verdict } from './pages/overview.js';
import { locks } from './pages/locks.js';
import { transactions } from './pages/transactions.js';
import { sessions } from './pages/sessions.js';
import { keys } from './pages/keys.js';
import { eventual } from './pages/eventual.js';
import { journal } from './pages/journal.js';
import { events } from './pages/events.js';
import { short, spell } from './text.js';

const pages = { overview, locks, transactions, sessions, keys, eventual, journal, events };
const everyMs = 1000;
const ringAtLeastEveryMs = 10_000;
const others = new Map();
let current = null;
let ringAskedMs = 0;
let unreachableThen = '';
let turn = 0;

const nameInAddress = () => (location.hash.slice(2) in pages ? location.hash.slice(2) : 'overview');

function top() {
  const says = verdict();
  return html`<header>
    <div class="brand"><img src="dashboard/icon.svg" alt="" width="28" height="28"><span>AkkaHa</span><span class="muted serving">${servingNode() ? `seen by ${short(servingNode())}` : ''}</span></div>
    <div class="verdict ${says.kind}" id="verdict"><span class="dot" aria-hidden="true"></span><span><b>${says.text}</b> <span class="more-text">${says.more}</span></span></div>
    <nav aria-label="Pages"><ul>${Object.entries(pages).map(([name, page]) => html`<li><a href="#/${name}" aria-current=${pages[name] === current ? 'page' : 'false'}>${page.title}</a></li>`)}</ul></nav>
  </header>
  ${trouble()}`;
}

/** A node that answers that it is in no cluster says why above; when it was in one before, it knows whom else to ask. */
function trouble() {
  if (!state.trouble) return nothing;
  const answers = state.trouble.status === 503;
  const links = others.size ? html`<p>Ask another node: ${[...others].map(([address, http]) => html`<a href=${`${http}/`}>${short(address)}</a> `)}</p>` : nothing;
  if (answers && !others.size) return nothing;
  const since = spell((Date.now() - state.troubleSince) / 1000);
  return html`<div class="trouble" role="alert"><p>${answers ? `In no cluster for ${since}` : `No answer for ${since}`}. What is below is as of then.</p>${links}</div>`;
}

function draw() {
  render(top(), document.getElementById('top'));
  const main = document.getElementById('main');
  main.querySelector('noscript')?.remove();
  render(html`<h1 class="hidden" id="page-title" tabindex="-1">${current.title}</h1>${current.draw()}`, main);
  main.classList.toggle('stale', state.trouble !== null);
}

/** For who can't see the colours change. */
let announced = '';
function announce() {
  const { kind, text, more } = verdict();
  if (kind === 'quiet' || announced === text) return;
  if (announced) document.getElementById('live').textContent = `${text}. ${more}`;
  announced = text;
}

async function askCluster() {
  const { answer, ringVersion } = await getWithVersion('v1/cluster');
  state.cluster = answer;
  giveColors((answer.members ?? []).map(m => m.address));
  others.clear();
  for (const m of answer.members ?? []) if (m.http && m.address !== servingNode()) others.set(m.address, m.http);
  // The ring is much longer than the header that says whether it is another.
  const unreachable = [...(answer.unreachable ?? []), ...(answer.members ?? []).map(m => m.incarnation)].join();
  if (ringVersion !== state.ringVersion || unreachable !== unreachableThen || state.ringTrouble || Date.now() - ringAskedMs > ringAtLeastEveryMs || (state.ring?.shards ?? []).some(s => !s.allocated)) {
    try {
      state.ring = await get('v1/ring');
      state.ringTrouble = null;
      [state.ringVersion, unreachableThen, ringAskedMs] = [ringVersion, unreachable, Date.now()];
    } catch (e) {
      if (e.status !== 503) throw e;
      state.ringTrouble = e;
    }
  }
}

async function askAll() {
  try {
    // Its own history a node tells even while it waits for its database. The last slots are told again: they may not have been over.
    if (turn % 2 === 0) mergeActivity(await get(`v1/cluster/activity?since=${Math.max(0, state.activity.nowMs - 15_000)}`));
    await askCluster();
    state.trouble = null;
  } catch (e) {
    if (!state.trouble) state.troubleSince = Date.now();
    state.trouble = e;
  }
  if (turn % 2 === 0 && current.refresh && !state.trouble) await current.refresh();
  turn++;
}

let asking = false;
async function tick() {
  if (asking || document.hidden) return;
  asking = true;
  try {
    await askAll();
    draw();
    announce();
  } finally {
    asking = false;
  }
}

async function show() {
  const first = current === null;
  current = pages[nameInAddress()];
  document.title = `${current.title} · AkkaHa`;
  draw();
  // As after loading a page: whoever listens hears its name.
  if (!first) {
    window.scrollTo(0, 0);
    document.getElementById('page-title').focus();
  }
  current.enter?.();
  if (!first && current.refresh) {
    await current.refresh();
    draw();
  }
}

state.draw = draw;
// The link that skips the navigation leads to an element, not to a page.
document.querySelector('.skip').addEventListener('click', e => { e.preventDefault(); document.getElementById('main').focus(); });
window.addEventListener('hashchange', show);
document.addEventListener('visibilitychange', tick);
await show();
await tick();
setInterval(tick, everyMs);
