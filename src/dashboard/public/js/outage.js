import { byId } from './elements.js';

const FIRST_DELAY_SECONDS = 5;
const LONGEST_DELAY_SECONDS = 60;

let timer = null;
let delay = FIRST_DELAY_SECONDS;

/**
 * Says that the API is away, keeps what the page shows, and calls `retry` after a while: after what the server asked
 * for, else after 5, 10, 20 … seconds.
 */
export function showOutage({ message, retryAfterSeconds }, retry) {
  const seconds = retryAfterSeconds ?? delay;
  delay = Math.min(delay * 2, LONGEST_DELAY_SECONDS);
  byId('outage-title').textContent = message;
  byId('outage-detail').textContent = 'What you see may be out of date; the page tries again by itself.';
  byId('outage').hidden = false;
  byId('outage-retry').onclick = () => attempt(retry);
  countDown(Math.ceil(seconds), retry);
}

/** Takes the banner away: the API answers again. */
export function endOutage() {
  window.clearTimeout(timer);
  delay = FIRST_DELAY_SECONDS;
  byId('outage').hidden = true;
}

function attempt(retry) {
  window.clearTimeout(timer);
  byId('outage-countdown').textContent = 'Trying…';
  retry();
}

function countDown(seconds, retry) {
  window.clearTimeout(timer);
  if (seconds <= 0) return attempt(retry);
  byId('outage-countdown').textContent = `Next try in ${seconds} s`;
  timer = window.setTimeout(() => countDown(seconds - 1, retry), 1000);
}
