import { byId, element } from './elements.js';
import { capitalize, formatCount, formatDate, formatDegrees, formatQuantity } from './format.js';

/** How many records a list shows; the API hands out all it has. */
const SHOWN = 100;

/** The table of the last collections, newest first. */
export function showCollections(collections) {
  const latest = collections.slice(-SHOWN).reverse();
  byId('collection-rows').replaceChildren(...latest.map(collectionRow));
  byId('collections-note').textContent = extent(latest.length, collections.length, 'collection', 'The last');
}

/** The list of locations, which are also what the form proposes. */
export function showLocations(locations) {
  const first = locations.slice(0, SHOWN);
  byId('locations').replaceChildren(...first.map(locationItem));
  byId('locations-note').textContent = extent(first.length, locations.length, 'location', 'The first');
  byId('known-locations').replaceChildren(...first.map(({ name }) => element('option', { value: name })));
}

function collectionRow({ id, location, waste_type, quantity, unit, collected_date, status }) {
  return element('tr', {
    children: [
      element('td', { className: 'number', textContent: String(id) }),
      element('td', { className: 'location', textContent: location }),
      element('td', { textContent: capitalize(waste_type) }),
      element('td', { className: 'number', textContent: `${formatQuantity(quantity)} ${unit}` }),
      element('td', { textContent: formatDate(collected_date), title: collected_date }),
      element('td', { className: `status ${status}`, textContent: capitalize(status) }),
    ],
  });
}

function locationItem({ name, address, zone, latitude, longitude }) {
  return element('li', {
    children: [
      element('strong', { textContent: name }),
      element('div', { textContent: address }),
      element('div', {
        className: 'muted',
        textContent: `${zone} · ${formatDegrees(latitude)}, ${formatDegrees(longitude)}`,
      }),
    ],
  });
}

function extent(shown, all, noun, which) {
  if (all === 0) return `No ${noun}s yet.`;
  if (shown < all) return `${which} ${formatCount(shown)} of ${formatCount(all)} ${noun}s.`;
  return `${formatCount(all)} ${noun}${all === 1 ? '' : 's'}.`;
}
