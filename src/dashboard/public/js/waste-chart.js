import { byId, element } from './elements.js';
import { capitalize, formatQuantity } from './format.js';

let chart = null;

/** Draws the sums by type as bars, as a sentence for screen readers, and as a table. */
export function showWaste(wasteByType) {
  const types = Object.keys(wasteByType).sort((a, b) => wasteByType[b] - wasteByType[a]);
  const labels = types.map(capitalize);
  const sums = types.map((type) => wasteByType[type]);
  const rows = types.map((type, index) =>
    element('tr', {
      children: [
        element('th', { scope: 'row', textContent: labels[index] }),
        element('td', { className: 'number', textContent: formatQuantity(sums[index]) }),
      ],
    }),
  );
  byId('waste-rows').replaceChildren(...rows);
  const sentence = types.map((type, index) => `${type} ${formatQuantity(sums[index])}`).join(', ');
  byId('waste-chart').setAttribute('aria-label', `Waste by type: ${sentence || 'nothing recorded'}`);
  draw(labels, sums);
}

function draw(labels, sums) {
  chart ??= create();
  chart.data.labels = labels;
  chart.data.datasets[0].data = sums;
  chart.update();
}

function create() {
  const created = new Chart(byId('waste-chart'), {
    type: 'bar',
    data: { labels: [], datasets: [{ label: 'Quantity', data: [], borderRadius: 4, maxBarThickness: 56 }] },
    options: {
      maintainAspectRatio: false,
      animation: !matches('(prefers-reduced-motion: reduce)') && { duration: 300 },
      plugins: {
        legend: { display: false },
        tooltip: { callbacks: { label: ({ raw }) => formatQuantity(raw) } },
      },
      scales: {
        x: { grid: { display: false } },
        y: { beginAtZero: true, border: { display: false }, ticks: { callback: formatQuantity, maxTicksLimit: 6 } },
      },
    },
  });
  colour(created);
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    colour(created);
    created.update();
  });
  return created;
}

/** A canvas knows no CSS variables: take their present values. */
function colour({ data, options }) {
  const style = window.getComputedStyle(document.documentElement);
  options.font = { family: window.getComputedStyle(document.body).fontFamily };
  data.datasets[0].backgroundColor = style.getPropertyValue('--bar');
  options.scales.y.grid = { color: style.getPropertyValue('--grid') };
  for (const axis of Object.values(options.scales))
    axis.ticks = { ...axis.ticks, color: style.getPropertyValue('--muted') };
}

const matches = (query) => window.matchMedia(query).matches;
