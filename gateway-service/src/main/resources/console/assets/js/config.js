import {$, DASH, api, empty, facts, fmt, h, problem, shortName, table} from './core.js';

let settings = [];
const list = table($('#settings'), {
  caption: 'Each setting with its value and where that comes from',
  key: row => row.name,
  rowHeader: 'name',
  columns: [
    {id: 'name', title: 'setting', text: row => row.name, sort: row => row.name, node: row => h('code', {}, row.name)},
    {id: 'value', title: 'value', text: row => row.value ?? DASH},
    {id: 'source', title: 'from', text: row => row.source, sort: row => row.source},
    {id: 'usual', title: 'default', text: row => row.usual ?? DASH},
    {id: 'meaning', title: 'meaning', text: row => row.meaning},
  ],
  none: () => empty('No setting matches.'),
});

function draw() {
  const wanted = $('#filter').value.trim().toLowerCase();
  const shown = settings.filter(row => (!$('#changed').checked || row.source !== 'default')
      && (wanted === '' || [row.name, row.source, row.value, row.meaning].join(' ').toLowerCase().includes(wanted)));
  list.update(shown);
  $('#count').textContent = shown.length + ' of ' + settings.length;
}

function reportView(report) {
  return h('div', {},
      h('p', {class: 'done'}, 'The configuration is valid.'),
      facts(Object.entries(report).filter(([, value]) => typeof value !== 'object').map(([name, value]) =>
          [name.replace(/([A-Z])/g, ' $1').toLowerCase(), typeof value === 'number' ? fmt.number(value) : String(value)])),
      Object.entries(report).filter(([, value]) => Array.isArray(value) && value.length > 0).map(([name, value]) =>
          h('details', {open: true}, h('summary', {}, name.replace(/([A-Z])/g, ' $1').toLowerCase() + ': ' + value.length),
              h('ul', {}, value.slice(0, 50).map(each => h('li', {}, typeof each === 'string' ? each : difference(each)))))));
}

function difference(each) {
  const id = each.requestId;
  const rest = Object.entries(each).filter(([name]) => name !== 'requestId')
      .map(([name, value]) => name + ' ' + (Array.isArray(value) ? value.map(one => typeof one === 'string' ? shortName(one) : JSON.stringify(one)).join(', ') : typeof value === 'object' ? JSON.stringify(value) : value)).join(' · ');
  return h('span', {}, id ? h('a', {href: '/console/requests/' + encodeURIComponent(id)}, id) : '', ' ' + rest);
}

$('#replay').addEventListener('click', async () => {
  $('#result').replaceChildren(h('p', {'aria-busy': 'true'}, 'Deciding again'));
  try {
    $('#result').replaceChildren(reportView(await api('/scheduler/v1/decisions:replay?limit=' + Number($('#limit').value),
        {method: 'POST', body: $('#candidate').value, type: 'application/yaml'})));
  } catch (e) {
    $('#result').replaceChildren(problem(e));
  }
});
$('#filter').addEventListener('input', draw);
$('#changed').addEventListener('change', draw);
api('/config').then(page => {
  settings = page.settings;
  draw();
}, e => $('#count').replaceChildren(problem(e)));
api('/scheduler/v1/configuration').then(text => {
  const shown = typeof text === 'string' && text !== '' ? text : '# the built-in configuration';
  $('#in-force').textContent = shown;
  $('#candidate').value = shown;
}, e => $('#in-force').replaceWith(problem(e)));
