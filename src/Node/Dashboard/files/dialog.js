// Nothing is changed without a question. One dialog for all of them: the browser keeps the focus in it, and Escape is a no.
import { render } from './vendor/lit-html/lit-html.js';
import { html, nothing } from './view.js';

const dialog = document.getElementById('dialog');

/** Of the question that the dialog shows: one that was left by Escape while it was being done must not close the next. */
let shown = 0;

/**
 * Asks, does it, and shows why not where it fails. do(text) gets what was typed; resolves to whether it was done.
 */
export function confirm({ title, text, action, danger = true, ask, perform }) {
  return new Promise(resolve => {
    const mine = ++shown;
    let busy = false;
    let failure = null;
    const close = done => { if (mine === shown) dialog.close(); resolve(done); };
    const submit = async e => {
      e.preventDefault();
      if (busy) return;
      const typed = new FormData(e.target).get('typed') ?? '';
      busy = true;
      failure = null;
      draw();
      try {
        await perform(typed);
        close(true);
      } catch (error) {
        busy = false;
        failure = error;
        draw();
      }
    };
    const draw = () => mine === shown && render(html`
      <form @submit=${submit}>
        <h2 id="dialog-title">${title}</h2>
        <div class="dialog-text">${text}</div>
        ${ask ? html`<label for="typed">${ask}</label><input id="typed" name="typed" type="text" autocomplete="off" maxlength="200">` : nothing}
        ${failure ? html`<p class="notice bad" role="alert">${failure.message}${failure.code ? ` (${failure.code})` : ''}</p>` : nothing}
        <div class="buttons">
          <button type="button" @click=${() => close(false)}>Cancel</button>
          <button type="submit" class=${danger ? 'danger' : 'primary'} ?disabled=${busy}>${busy ? 'Working…' : action}</button>
        </div>
      </form>`, dialog);
    dialog.oncancel = () => resolve(false);
    // What was typed for the last question is not for this one.
    render(nothing, dialog);
    draw();
    dialog.showModal();
    dialog.querySelector(ask ? '#typed' : 'button')?.focus();
  });
}
