// Calls a function with the element that it stands in, after every drawing.
import { directive, Directive } from './vendor/lit-html/directive.js';
import { noChange } from './vendor/lit-html/lit-html.js';

class Ref extends Directive {
  render() {
    return noChange;
  }

  update(part, [then]) {
    // When the element is in the page, and has a size.
    requestAnimationFrame(() => part.element.isConnected && then(part.element));
    return noChange;
  }
}

export const ref = directive(Ref);
