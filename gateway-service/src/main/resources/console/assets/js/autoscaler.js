import {$, DASH, api, empty, facts, fmt, h, isOperator, isPaused, onFrame, problem, since, state, table} from './core.js';

// Infinity and NaN are strings in JSON.
const number = value => typeof value === 'number' ? value : value === 'Infinity' ? Infinity : null;
const seconds = value => number(value) === Infinity ? 'overloaded' : fmt.seconds(number(value));
let isAsking = false;
let mark = '';

const decisions = table($('#decisions'), {
  caption: 'Newest first',
  key: row => row.id + row.variant,
  rowHeader: 'at',
  columns: [
    {id: 'at', title: 'when', text: row => row.at, node: row => since(Date.parse(row.at))},
    {id: 'variant', title: 'variant', text: row => row.variant, sort: row => row.variant},
    {id: 'from', title: 'before', num: true, text: row => fmt.count(row.current)},
    {id: 'to', title: 'desired', num: true, text: row => fmt.count(row.desired)},
    {id: 'why', title: 'why', text: row => row.why},
    {id: 'codes', title: 'guards', text: row => row.codes.join(', ') || DASH},
  ],
  none: () => empty('Decisions appear here with the first cycle.'),
});
const holds = table($('#holds'), {
  caption: 'Pauses and numbers that people set',
  key: row => row.at + row.variant + row.action,
  rowHeader: 'at',
  columns: [
    {id: 'at', title: 'when', text: row => row.at, node: row => since(Date.parse(row.at))},
    {id: 'variant', title: 'variant', text: row => row.variant},
    {id: 'action', title: 'what', text: row => row.action},
    {id: 'detail', title: '', text: row => row.detail},
  ],
  none: () => empty('Nobody has changed anything.'),
});

async function act(variant, action, query = '') {
  try {
    await api('/autoscaler/api/v1/variants/' + variant.split('/').map(encodeURIComponent).join('/') + '/' + action + query, {method: 'PUT', body: ''});
    ask();
  } catch (e) {
    $('#answer').replaceChildren(problem(e));
  }
}

function controls(variant) {
  const replicas = h('input', {type: 'number', min: '0', max: '10000', value: String(variant.desired), 'aria-label': 'replicas for ' + variant.variant});
  return h('div', {class: 'toolbar'},
      h('button', {type: 'button', class: 'small outline', onclick: () => act(variant.variant, 'pause', '?ttl=30m')}, 'Pause 30 min'),
      h('button', {type: 'button', class: 'small outline', onclick: () => act(variant.variant, 'resume')}, 'Resume'),
      replicas,
      h('button', {type: 'button', class: 'small outline', onclick: () => act(variant.variant, 'override', '?ttl=30m&replicas=' + replicas.value)}, 'Set for 30 min'));
}

function variantView(variant) {
  return h('section', {},
      h('h3', {}, variant.variant + (variant.role ? ', ' + variant.role : '')),
      facts([
        ['asked for before', fmt.count(variant.current)], ['desired', fmt.count(variant.desired)],
        ['fullest in', variant.binding || DASH], ['cost an hour', fmt.number(number(variant.costPerHour))],
        ['expected TTFT, 95 %', seconds(variant.predicted?.firstToken95)], ['expected per token', seconds(variant.predicted?.interToken)],
      ]),
      h('p', {}, h('strong', {}, 'Why not less: '), variant.whyNotLess || DASH, h('br'), h('strong', {}, 'Why not more: '), variant.whyNotMore || DASH),
      h('details', {}, h('summary', {}, 'Signals and steps'),
          h('div', {class: 'halves'},
              h('div', {class: 'scroll'}, h('table', {class: 'data'}, h('caption', {}, 'Load by what replicas may carry'),
                  h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'dimension'), h('th', {scope: 'col', class: 'num'}, 'with ' + variant.desired), h('th', {scope: 'col', class: 'num'}, 'with one less'))),
                  h('tbody', {}, Object.entries(variant.utilization).map(([name, value]) => h('tr', {}, h('th', {scope: 'row'}, name),
                      h('td', {class: 'num'}, fmt.share(number(value))), h('td', {class: 'num'}, fmt.share(number(variant.utilizationBefore[name])))))))),
              h('div', {class: 'scroll'}, h('table', {class: 'data'}, h('caption', {}, 'The way to the number'),
                  h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'step'), h('th', {scope: 'col', class: 'num'}, 'replicas'), h('th', {scope: 'col'}, 'reason'))),
                  h('tbody', {}, variant.steps.map(step => h('tr', {}, h('th', {scope: 'row'}, step.stage), h('td', {class: 'num'}, String(step.replicas)), h('td', {}, step.reason)))))))),
      isOperator() ? controls(variant) : null);
}

function modelView(decision) {
  return h('section', {},
      h('h2', {}, decision.model),
      decision.codes.length > 0 ? h('p', {}, state('held by ' + decision.codes.join(', '), 'hold')) : null,
      h('div', {class: 'scroll'}, h('table', {class: 'data'}, h('caption', {}, 'Demand, requests a second'),
          h('thead', {}, h('tr', {}, ['class', 'tier', 'now', 'for chance', 'forecast', 'backlog', 'provided for', 'not planned for', 'targets kept']
              .map((name, i) => h('th', {scope: 'col', class: i > 1 ? 'num' : ''}, name)))),
          h('tbody', {}, decision.classes.length === 0 ? h('tr', {}, h('td', {colspan: 9}, empty('Demand appears with traffic, such as by', './llmd load --profile ramp --rps 12 --for 4m')))
              : decision.classes.map(each => h('tr', {}, h('th', {scope: 'row'}, each.requestClass), h('td', {}, each.tier),
                  [each.now, each.guard, each.forecast, each.backlog, each.used, each.unmet].map(value => h('td', {class: 'num'}, fmt.rate(number(value)))),
                  h('td', {class: 'num'}, fmt.share(number(each.attainment)))))))),
      decision.variants.map(variantView));
}

async function ask() {
  if (isAsking || isPaused()) return;
  isAsking = true;
  try {
    const [models, log, audit] = await Promise.all([
      api('/autoscaler/api/v1/models').catch(e => { if (e.status === 503 && e.code !== 'not_configured') return null; throw e; }),
      api('/autoscaler/api/v1/decisions?limit=100'), api('/autoscaler/api/v1/holds')]);
    const now = JSON.stringify(models?.models ?? null);
    // Redrawn only when it differs and nobody is inside of it.
    if (now !== mark && !$('#models').contains(document.activeElement)) {
      mark = now;
      const open = [...$('#models').querySelectorAll('details')].map(each => each.open);
      $('#models').replaceChildren(...(models ? models.models.map(modelView) : [empty('Nothing has been decided yet.')]));
      $('#models').querySelectorAll('details').forEach((each, i) => { each.open = open[i] ?? false; });
      fillForm(models);
    }
    decisions.update(log.decisions.flatMap(dated => {
      const decision = dated.decision ?? dated;
      return decision.variants.map(variant => ({id: decision.id, at: dated.at, variant: variant.variant, current: variant.current, desired: variant.desired,
        codes: [...decision.codes, ...variant.codes], why: variant.steps.at(-1)?.reason ?? ''}));
    }).filter((row, i, all) => row.current !== row.desired || i < 10));
    holds.update((Array.isArray(audit) ? audit : []).toReversed());
  } catch (e) {
    mark = '';
    $('#models').replaceChildren(e.code === 'not_configured'
        ? empty('No autoscaler belongs to this suite. Start one with', './llmd up --with-autoscaler') : problem(e));
  } finally {
    isAsking = false;
  }
}

function fillForm(models) {
  const model = $('#whatif-model');
  const tier = $('#whatif-tier');
  for (const each of models?.models ?? []) {
    if (![...model.options].some(option => option.value === each.model)) model.append(h('option', {}, each.model));
    for (const name of each.classes.map(one => one.tier)) {
      if (![...tier.options].some(option => option.value === name)) tier.append(h('option', {}, name));
    }
  }
}

$('#whatif').addEventListener('submit', async event => {
  event.preventDefault();
  const form = event.target;
  const value = name => Number(form[name].value);
  try {
    const decision = await api('/autoscaler/api/v1/whatif', {method: 'POST', body: {model: form.model.value, classes: [
      {tier: form.tier.value, rate: value('rate'), input: value('input'), hit: value('hit'), output: value('output')}]}});
    $('#answer').replaceChildren(h('div', {class: 'done'}, h('p', {}, h('strong', {}, decision.variants.map(each => each.variant + ': ' + each.desired + ' replicas').join(', ')),
        ', at ' + fmt.number(number(decision.costPerHour)) + ' an hour.'), decision.variants.map(each => h('p', {}, each.whyNotLess))));
  } catch (e) {
    $('#answer').replaceChildren(problem(e));
  }
});
let ticks = 0;
onFrame(() => {
  if (ticks++ % 2 === 0) ask();
});
