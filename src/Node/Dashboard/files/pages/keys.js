import { html, nothing, section, table, search, problem } from '../view.js';
import { get, inPath, query } from '../api.js';
import { plural } from '../text.js';
import { toggle } from '../below.js';
import { state } from '../state.js';

// Asked for when somebody wants them, and without values: a list of all keys every two seconds would be no small load.
const pageSize = 100;
const page = { prefix: '', entries: null, next: '', error: null, values: new Map() };

async function list(after) {
  try {
    const answer = await get(`v1/kv${query({ prefix: page.prefix, after, limit: pageSize, keysOnly: 'true' })}`);
    page.entries = [...(after ? page.entries ?? [] : []), ...(answer.entries ?? [])];
    [page.next, page.error] = [answer.next ?? '', null];
  } catch (e) {
    page.error = e;
  }
  state.draw();
}

const open = key => toggle(page.values, key, `v1/kv/${inPath(key)}`);

function valueOf(answer) {
  if (answer.error) return problem(answer.error, 'read it');
  const bytes = Uint8Array.from(atob(answer.value ?? ''), c => c.charCodeAt(0));
  const shown = bytes.slice(0, 4096);
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: shown.length === bytes.length }).decode(shown);
  } catch {
    text = [...shown].map(b => b.toString(16).padStart(2, '0')).join(' ');
  }
  return html`<div class="inside"><p class="key">${plural(bytes.length, 'byte')}, revision ${answer.revision}${shown.length < bytes.length ? '; the first 4,096' : ''}</p><pre tabindex="0" aria-label="Value of ${answer.key}">${text}</pre></div>`;
}

export const keys = {
  title: 'Keys',
  enter: () => list(''),
  draw: () => html`${section('Keys', html`
    ${search({ id: 'key-prefix', label: 'Keys that begin with', value: page.prefix, hint: 'all', onSearch: text => { page.prefix = text; page.values.clear(); list(''); } })}
    ${problem(page.error, 'list keys')}
    ${page.entries && !page.error ? table({
      label: 'Keys', rows: page.entries, key: e => e.key, empty: page.prefix ? `No key begins with ${page.prefix}.` : 'There are no keys.',
      below: e => (page.values.has(e.key) ? valueOf(page.values.get(e.key)) : null),
      columns: [
        { title: 'Key', wide: true, cell: e => html`<button type="button" class="plain" aria-expanded=${page.values.has(e.key)} @click=${() => open(e.key)}><span class="arrow" aria-hidden="true">${page.values.has(e.key) ? '▾' : '▸'}</span><code>${e.key}</code></button>` },
        { title: 'Revision', number: true, cell: e => e.revision },
      ],
    }) : nothing}
    ${page.next ? html`<p class="more"><button type="button" @click=${() => list(page.next)}>Show more</button></p>` : nothing}
    <p class="key">The list is as of when you asked. It does not follow by itself.</p>`)}`,
};
