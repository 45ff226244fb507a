import { createCollection, InvalidInput, OutcomeUnknown, Unavailable } from './api.js';
import { byId, element } from './elements.js';
import { formatCount } from './format.js';

const form = byId('collection-form');
const message = byId('form-message');
const button = form.querySelector('button');

/** Makes the form work. `onCreated` is called after each collection that the API stored. */
export function connectForm(onCreated) {
  form.elements.collected_date.value = localNow();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit(onCreated);
  });
}

async function submit(onCreated) {
  clearErrors();
  const empty = [...form.querySelectorAll('[required]')].filter((field) => field.value.trim() === '');
  if (empty.length > 0) return showErrors(new Map(empty.map((field) => [field.name, 'Please fill in this field.'])));
  button.disabled = true;
  say('Saving…');
  try {
    // The values go as they were typed: what they mean is the API's decision, and its 422 says what is wrong.
    const created = await createCollection(Object.fromEntries(new FormData(form)));
    form.elements.quantity.value = '';
    say(`Collection ${formatCount(created.id)} is saved.`);
    onCreated();
  } catch (error) {
    explain(error);
  } finally {
    button.disabled = false;
  }
}

function explain(error) {
  if (error instanceof InvalidInput) {
    return showErrors(new Map(error.items.map(({ loc, msg }) => [String(loc.at(-1)), `${msg}.`])));
  }
  if (error instanceof Unavailable) return say(`${error.message} The collection is not known to be saved.`, true);
  if (error instanceof OutcomeUnknown) return say('It is unknown whether the collection was saved: look first.', true);
  say(error.message, true);
}

/** Puts each message under its field, ties it to the field for screen readers, and goes to the first one. */
function showErrors(messages) {
  const unplaced = [];
  for (const [name, text] of messages) {
    const field = form.elements.namedItem(name);
    if (field === null) {
      unplaced.push(text);
      continue;
    }
    const error = element('p', { id: `${name}-error`, className: 'field-error', textContent: text });
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-describedby', error.id);
    field.closest('.field').append(error);
  }
  say(unplaced.join(' ') || 'Not saved: please look at the marked fields.', true);
  form.querySelector('[aria-invalid]')?.focus();
}

function clearErrors() {
  for (const error of form.querySelectorAll('.field-error')) error.remove();
  for (const field of form.querySelectorAll('[aria-invalid]')) {
    field.removeAttribute('aria-invalid');
    field.removeAttribute('aria-describedby');
  }
}

function say(text, failed = false) {
  message.textContent = text;
  message.classList.toggle('failed', failed);
}

/** The wall clock as datetime-local wants it: YYYY-MM-DDTHH:MM:SS. */
function localNow() {
  const now = new Date();
  now.setMinutes(now.getMinutes() - now.getTimezoneOffset());
  return now.toISOString().slice(0, 19);
}
