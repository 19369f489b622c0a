import {$, DASH, api, copyButton, empty, fmt, h, isOperator, onFrame, problem, since, table} from './core.js';

const limit = value => value > 0 ? fmt.count(value) : 'none';
const budget = allowance => allowance.budget ? fmt.tokens(allowance.budget.tokens) + ' a ' + allowance.budget.period.toLowerCase() : 'none';

async function change(wish) {
  try {
    const done = await api('/keys', {method: 'POST', body: wish});
    $('#result').replaceChildren(h('div', {class: 'done'}, h('p', {}, done.text + ' It counts within seconds.'),
        done.secret ? h('p', {}, 'The key, shown once: ', h('code', {id: 'secret'}, done.secret), ' ', copyButton(done.secret)) : null));
    setTimeout(ask, 2500);
  } catch (e) {
    $('#result').replaceChildren(problem(e));
  }
}

/** Escape closes it and goes back to the button that opened it. */
function limits(row, opener) {
  const number = (name, label, value) => h('label', {}, label, h('input', {type: 'number', name, min: '0', value: String(value)}));
  const form = h('form', {class: 'columns', onsubmit: event => {
    event.preventDefault();
    const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, Number(value)]));
    change({action: 'limit', id: row.id, ...values, budgetTokens: row.allowance.budget?.tokens ?? 0, budgetPeriod: row.allowance.budget?.period.toLowerCase() ?? 'day'});
  }}, number('requestsPerMinute', 'Requests a minute', row.allowance.requestsPerMinute), number('tokensPerMinute', 'Tokens a minute', row.allowance.tokensPerMinute),
  number('concurrent', 'At the same time', row.allowance.concurrent), h('button', {type: 'submit', class: 'small'}, 'Set limits of ' + row.id));
  form.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      $('#result').replaceChildren();
      opener.focus();
    }
  });
  $('#result').replaceChildren(form);
  form.querySelector('input').focus();
}

const keys = table($('#keys'), {
  caption: 'Keys in the order of the key file',
  key: row => row.id,
  rowHeader: 'id',
  columns: [
    {id: 'id', title: 'id', text: row => row.id, sort: row => row.id, node: row => h('code', {}, row.id)},
    {id: 'tenant', title: 'tenant', text: row => row.tenant, sort: row => row.tenant},
    {id: 'models', title: 'models', text: row => row.models.length === 0 ? 'all' : row.models.join(', ')},
    {id: 'priority', title: 'priority', num: true, text: row => String(row.priority), sort: row => row.priority},
    {id: 'rpm', title: 'requests/min', num: true, text: row => limit(row.allowance.requestsPerMinute)},
    {id: 'tpm', title: 'tokens/min', num: true, text: row => limit(row.allowance.tokensPerMinute)},
    {id: 'concurrent', title: 'at a time', num: true, text: row => limit(row.allowance.concurrent)},
    {id: 'budget', title: 'budget', num: true, text: row => budget(row.allowance)},
    {id: 'expires', title: 'ends', text: row => row.expires ? fmt.exact(Date.parse(row.expires)) + (Date.parse(row.expires) < Date.now() ? ', over' : '') : 'never', sort: row => row.expires},
    {id: 'requests', title: 'requests', num: true, text: row => fmt.count(row.use?.requests ?? 0), sort: row => row.use?.requests ?? 0},
    {id: 'tokens', title: 'tokens', num: true, text: row => fmt.tokens(row.use?.tokens ?? 0), sort: row => row.use?.tokens ?? 0},
    {id: 'seen', title: 'last seen', text: row => String(row.use?.lastSeen ?? 0), sort: row => row.use?.lastSeen ?? 0, node: row => since(row.use?.lastSeen ?? 0)},
    {id: 'do', title: '', text: row => row.id, node: row => isOperator() && row.isInFile ? h('span', {class: 'nowrap'},
        h('button', {type: 'button', class: 'small outline', onclick: event => limits(row, event.target)}, 'Limits'), ' ',
        h('button', {type: 'button', class: 'small outline', title: 'a second key that may do the same; this one ends in a day', onclick: () => change({action: 'rotate', id: row.id, minutes: 1440})}, 'Rotate'), ' ',
        h('button', {type: 'button', class: 'small outline', title: 'ends at once', onclick: event => confirmed(event.target, () => change({action: 'expire', id: row.id, minutes: 0}))}, 'Expire')) : h('span')},
  ],
  none: () => empty('No key. Make one with', './llmd keys create --tenant NAME'),
});
const tenants = table($('#tenants'), {
  caption: 'All keys of a tenant together',
  key: row => row.tenant,
  rowHeader: 'tenant',
  columns: [
    {id: 'tenant', title: 'tenant', text: row => row.tenant, sort: row => row.tenant},
    {id: 'keys', title: 'keys', num: true, text: row => fmt.count(row.keys)},
    {id: 'requests', title: 'requests', num: true, text: row => fmt.count(row.requests), sort: row => row.requests},
    {id: 'tokens', title: 'tokens', num: true, text: row => fmt.tokens(row.tokens), sort: row => row.tokens},
  ],
});

/** The first click asks, the second does. */
function confirmed(button, action) {
  if (button.dataset.sure) {
    action();
    return;
  }
  button.dataset.sure = 'yes';
  const label = button.textContent;
  button.textContent = 'Really';
  setTimeout(() => { button.textContent = label; delete button.dataset.sure; }, 4000);
}

async function ask() {
  try {
    const all = (await api('/keys')).keys;
    keys.update(all);
    const sums = new Map();
    for (const key of all) {
      const sum = sums.get(key.tenant) ?? {tenant: key.tenant, keys: 0, requests: 0, tokens: 0};
      sums.set(key.tenant, {...sum, keys: sum.keys + 1, requests: sum.requests + (key.use?.requests ?? 0), tokens: sum.tokens + (key.use?.tokens ?? 0)});
    }
    tenants.update([...sums.values()]);
  } catch (e) {
    $('#result').replaceChildren(problem(e));
  }
}

$('#create-box').hidden = !isOperator();
$('#create').addEventListener('submit', event => {
  event.preventDefault();
  const values = Object.fromEntries([...new FormData(event.target)].map(([name, value]) => [name, ['tenant', 'budgetPeriod'].includes(name) ? value : Number(value)]));
  change({action: 'create', ...values});
});
let ticks = 0;
onFrame(() => {
  if (ticks++ % 3 === 0) ask();
});
