import { html, nothing, section, table, search, problem } from '../view.js';
import { get, inPath, query } from '../api.js';
import { toggle } from '../below.js';
import { state } from '../state.js';

const kinds = ['counter', 'set', 'register', 'map', 'flag'];
const page = { kind: 'counter', prefix: '', keys: null, next: '', error: null, values: new Map() };

async function list(after) {
  try {
    const answer = await get(`v1/eventual/${page.kind}${query({ prefix: page.prefix, after, limit: 100 })}`);
    page.keys = [...(after ? page.keys ?? [] : []), ...(answer.keys ?? [])];
    [page.next, page.error] = [answer.next ?? '', null];
  } catch (e) {
    page.error = e;
  }
  state.draw();
}

const open = key => toggle(page.values, key, `v1/eventual/${page.kind}/${inPath(key)}`);

const shown = value => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));
const valueOf = answer => (answer.error ? problem(answer.error, 'read it') : html`<div class="inside"><pre tabindex="0" aria-label="Value of ${answer.key}">${shown(answer.value).slice(0, 8192)}</pre></div>`);

export const eventual = {
  title: 'Eventual data',
  enter: () => list(''),
  draw: () => html`${section('Eventual data', html`
    <div class="kinds" role="group" aria-label="Kind">${kinds.map(k => html`<button type="button" aria-pressed=${page.kind === k} @click=${() => { page.kind = k; page.keys = null; page.values.clear(); list(''); }}>${k}s</button>`)}</div>
    ${search({ id: 'eventual-prefix', label: 'Names that begin with', value: page.prefix, hint: 'all', onSearch: text => { page.prefix = text; page.values.clear(); list(''); } })}
    ${problem(page.error, 'list eventual data')}
    ${page.keys && !page.error ? table({
      label: `${page.kind}s`, rows: page.keys, key: k => k, empty: page.prefix ? `This node knows no ${page.kind} that begins with ${page.prefix}.` : `This node knows no ${page.kind}.`,
      below: k => (page.values.has(k) ? valueOf(page.values.get(k)) : null),
      columns: [{ title: 'Name', wide: true, cell: k => html`<button type="button" class="plain" aria-expanded=${page.values.has(k)} @click=${() => open(k)}><span class="arrow" aria-hidden="true">${page.values.has(k) ? '▾' : '▸'}</span><code>${k}</code></button>` }],
    }) : nothing}
    ${page.next ? html`<p class="more"><button type="button" @click=${() => list(page.next)}>Show more</button></p>` : nothing}
    <p class="key">As the node that this page comes from has it: others may be ahead or behind.</p>`)}`,
};
