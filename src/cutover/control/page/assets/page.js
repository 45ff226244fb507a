// The page of the gateway's control port. What clients and sides sent is shown as text nodes only.
(() => {
  const PHASES = ['blue', 'shadow', 'split', 'green', 'done'];
  const KEY = 'waste-cutover-token';
  const INTERVAL = 2000;
  const PATIENCE = 10_000;
  const SHOWN_EVENTS = 50;

  const place = (id) => document.getElementById(id);
  const shown = new Map();
  let timer;

  // What turns the direction of writing would have the rest of a line read otherwise than it is.
  const DIRECTIONS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
  const visible = (written) => written.replace(DIRECTIONS, (mark) => `\\u${mark.charCodeAt(0).toString(16)}`);
  const text = (value) => document.createTextNode(value === null || value === undefined ? '–' : visible(String(value)));

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children.map((child) => (child instanceof Node ? child : text(child))));
    return made;
  }

  // Leaves what has not changed as it is, so that what was opened or marked stays so.
  function show(id, data, make) {
    const written = JSON.stringify(data);
    if (shown.get(id) === written) return;
    shown.set(id, written);
    place(id).replaceChildren(...make(data));
  }

  function table(headings, rows) {
    const cell = (kind, content, column) =>
      element(kind, headings[column].kind ? { class: headings[column].kind } : {}, content);
    return element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...headings.map(({ name }, column) => cell('th', name, column)))),
      element(
        'tbody',
        {},
        ...rows.map((row) => element('tr', {}, ...row.map((one, column) => cell('td', one, column)))),
      ),
    );
  }

  const number = (value) => (value === null || value === undefined ? '–' : value.toLocaleString('en'));
  const moment = (iso) => (typeof iso === 'string' ? `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC` : '–');

  function duration(seconds) {
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  }

  function lag({ followedTo, behind, etaSeconds }) {
    if (followedTo === null) return 'nobody follows';
    if (behind === 0) return '0 writes';
    if (etaSeconds === null) return `${number(behind)} writes, and it does not come nearer`;
    return `${number(behind)} writes, level in ${duration(etaSeconds)}`;
  }

  function factsOf(status) {
    const { follower } = status;
    const share = status.phase === 'split' ? ` (green answers ${status.percent} % of the clients)` : '';
    return [
      ['Phase', status.phase + share],
      ['Owner of the writes', status.owner],
      ['Place', number(status.place)],
      ['Copy of green', status.importPlace === null ? 'none yet' : `at place ${number(status.importPlace)}`],
      ['Follower', `${follower.side}: ${follower.state}${follower.trouble ? `: ${follower.trouble}` : ''}`],
      ['Followed to', number(status.followedTo)],
      ['Behind', lag(status)],
      ['Writes a second', `owner ${number(status.rates.owner)}, follower ${number(status.rates.follower)}`],
      ['Without an answer', number(status.unanswered)],
      ...(status.waiting === undefined ? [] : [['Waiting for a place', number(status.waiting)]]),
      ['Held back', status.held.length === 0 ? 'no' : status.held.join('; ')],
      ['Runs for', duration(status.uptimeSeconds)],
    ];
  }

  function attention(reasons) {
    place('attention').className = reasons.length > 0 ? 'needed' : '';
    if (reasons.length === 0) return [text('Nobody is needed.')];
    return [
      element('strong', {}, 'A person is needed:'),
      element('ul', {}, ...reasons.map((reason) => element('li', {}, reason))),
    ];
  }

  function gates({ gates: all }) {
    if (all.length === 0) return [text('Nothing is judged.')];
    const headings = [{ name: 'Gate' }, { name: 'Verdict' }, { name: 'Reason, and what a pass needs' }];
    const rows = all.map(({ gate, verdict, reason }) => [gate, element('span', { class: verdict }, verdict), reason]);
    return [table(headings, rows)];
  }

  function sides(status) {
    const headings = [
      { name: 'Side' },
      { name: 'Address' },
      { name: 'Answers a second', kind: 'number' },
      { name: 'Errors', kind: 'number' },
      { name: 'P50 ms', kind: 'number' },
      { name: 'P95 ms', kind: 'number' },
    ];
    const rows = ['blue', 'green'].map((side) => {
      const { answersPerSecond, errors, p50, p95 } = status.sides[side];
      const role = side === status.owner ? `${side} (owner)` : side;
      return [role, status[side], number(answersPerSecond), number(errors), number(p50), number(p95)];
    });
    return [table(headings, rows)];
  }

  function lines(events) {
    if (events.length === 0) return [text('None yet.')];
    const headings = [{ name: 'Time', kind: 'time' }, { name: 'Kind' }, { name: 'What happened' }];
    const rows = [...events]
      .reverse()
      .map(({ time, level, event, msg }) => [moment(time), element('span', { class: level }, event), msg]);
    return [table(headings, rows)];
  }

  function pieces(evidence) {
    return evidence.map(({ time, kind, place: at, id, explanation, request, body, owner, follower }) =>
      element(
        'details',
        {},
        element('summary', {}, `${kind} at place ${at ?? '–'}, id ${id ?? '–'}: ${explanation}`),
        element('p', { class: 'quiet' }, moment(time)),
        element('pre', {}, `${request ?? 'no request'}${body === null ? '' : `\n\n${body}`}`),
        element('p', {}, 'The owner answered:'),
        element('pre', {}, owner ?? 'no answer is kept'),
        element('p', {}, 'The follower answered:'),
        element('pre', {}, follower ?? 'no answer is kept'),
      ),
    );
  }

  function render(status, events, evidence) {
    show('attention', status.attention, attention);
    show('phases', status.phase, (now) =>
      PHASES.map((phase) => element('li', phase === now ? { 'aria-current': 'step' } : {}, phase)),
    );
    show('facts', factsOf(status), (facts) =>
      facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
    );
    show('sides', { owner: status.owner, blue: status.blue, green: status.green, sides: status.sides }, sides);
    show('gates', status.gates, gates);
    place('worst').textContent = status.worstCase.sentence;
    show('steps', status.lastSteps, lines);
    const { count, unaccepted, file } = status.evidence;
    place('evidence-count').textContent = count === 0 ? 'None.' : `${count}, ${unaccepted} not accepted: ${file}`;
    show('evidence', evidence, pieces);
    show('events', events.slice(-SHOWN_EVENTS), lines);
    document.title = `${status.attention.length > 0 ? '(!) ' : ''}${status.phase}, gateway of the cutover`;
  }

  async function ask(path, token) {
    const answer = await fetch(path, {
      headers: { authorization: `Bearer ${token}` },
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.status === 401) throw new Error('refused');
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}`);
    return answer.json();
  }

  function logIn(why) {
    sessionStorage.removeItem(KEY);
    place('watched').hidden = true;
    place('log-in').hidden = false;
    place('refused').textContent = why;
    place('updated').textContent = '';
    place('token').focus();
  }

  function updated(sentence, isStale) {
    place('updated').textContent = sentence;
    place('updated').className = isStale ? 'stale' : '';
  }

  async function refresh() {
    const token = sessionStorage.getItem(KEY);
    if (token === null) {
      logIn('');
      return;
    }
    try {
      if (!document.hidden) {
        const [status, events, evidence] = await Promise.all(
          ['status', 'events', 'evidence'].map((path) => ask(path, token)),
        );
        place('log-in').hidden = true;
        place('watched').hidden = false;
        render(status, events, evidence);
        updated(`As of ${moment(status.time)}`, false);
      }
    } catch (error) {
      if (error.message === 'refused') {
        logIn('This token is not the one that the gateway was started with.');
        return;
      }
      updated(`No answer from the gateway since then (${error.message})`, true);
    }
    timer = setTimeout(refresh, INTERVAL);
  }

  place('log-in').addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, place('token').value.trim());
    place('token').value = '';
    clearTimeout(timer);
    void refresh();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden || !place('log-in').hidden) return;
    clearTimeout(timer);
    void refresh();
  });
  void refresh();
})();
