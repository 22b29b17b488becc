// What is shown below a row when it is opened: the answer to a question of its own.

import { get } from './api.js';
import { state } from './state.js';

/** The answer, or why there is none. */
export async function answerOf(path) {
  try {
    return await get(path);
  } catch (e) {
    return { error: e };
  }
}

/** Opens a row, or closes it. */
export async function toggle(answers, key, path) {
  if (answers.has(key)) answers.delete(key);
  else answers.set(key, await answerOf(path));
  state.draw();
}
