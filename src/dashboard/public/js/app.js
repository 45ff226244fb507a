import { readAnalytics, readCollections, readLocations, Unavailable } from './api.js';
import { connectForm } from './collection-form.js';
import { byId } from './elements.js';
import { formatClock, formatCount } from './format.js';
import { showCollections, showLocations } from './lists.js';
import { endOutage, showOutage } from './outage.js';
import { showWaste } from './waste-chart.js';

let loads = 0;

/** Reads everything the page shows. Of loads that overlap, only the last one may speak. */
async function load() {
  const mine = ++loads;
  byId('content').setAttribute('aria-busy', 'true');
  try {
    const [analytics, collections, locations] = await Promise.all([
      readAnalytics(),
      readCollections(),
      readLocations(),
    ]);
    if (mine !== loads) return;
    endOutage();
    showTotals(analytics);
    showWaste(analytics.waste_by_type);
    showCollections(collections);
    showLocations(locations);
    byId('updated').textContent = `As of ${formatClock(new Date())}`;
  } catch (error) {
    if (mine === loads) showOutage(error instanceof Unavailable ? error : { message: error.message }, load);
  } finally {
    if (mine === loads) byId('content').removeAttribute('aria-busy');
  }
}

function showTotals({ total_collections, pending_collections, completed_collections }) {
  byId('total').textContent = formatCount(total_collections);
  byId('pending').textContent = formatCount(pending_collections);
  byId('completed').textContent = formatCount(completed_collections);
}

byId('refresh').addEventListener('click', () => void load());
connectForm(load);
void load();
