// Charts by uPlot, each with a table of the same numbers.
import {h, fmt, DASH} from './core.js';

const REDUCED = matchMedia('(prefers-reduced-motion: reduce)');
const all = new Set();
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

const probe = document.body.appendChild(h('span', {class: 'hidden', 'aria-hidden': 'true'}));

/** A canvas wants a colour as it is now, light or dark. */
function colour(name) {
  probe.style.color = 'var(' + name + ')';
  return getComputedStyle(probe).color;
}

/**
 * A chart over time.
 *
 * @param host where it goes
 * @param options title; format of values; series with label, column, colour (name of a CSS variable), dash; height; max for
 *     axes of shares; whole for values that are whole numbers
 */
export function chart(host, {title, format, series, height = 120, max = null, note = null, whole = false}) {
  const now = h('span', {class: 'now'}, DASH);
  const plot = h('div', {class: 'plot', role: 'img', 'aria-label': title + ', over time; the table has the numbers'});
  const rows = h('tbody');
  const details = h('details', {class: 'numbers'},
      h('summary', {}, 'Table'),
      h('div', {class: 'scroll tall', tabindex: '0', role: 'region', 'aria-label': title + ', numbers'},
          h('table', {class: 'data'},
              h('caption', {}, title),
              h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'time'),
                  series.map(each => h('th', {scope: 'col', class: 'num'}, each.label)))),
              rows)));
  const legend = series.length > 1
      ? h('span', {class: 'legend'}, series.map(each =>
          h('span', {}, h('i', {class: each.dash ? 'dash' : '', style: {borderColor: 'var(' + each.colour + ')'}}), each.label)))
      : null;
  host.append(h('figure', {class: 'chart'},
      h('figcaption', {}, h('span', {class: 'title'}, title), now, legend, note ? h('span', {class: 'quiet'}, note) : null),
      plot, details));

  let data = [[], ...series.map(() => [])];
  let drawn = null;

  function options() {
    const text = colour('--quiet');
    const grid = {stroke: colour('--line'), width: 1};
    const font = '11px system-ui, sans-serif';
    return {
      width: Math.max(120, plot.clientWidth),
      height,
      cursor: {show: !REDUCED.matches, y: false, points: {size: 5}},
      legend: {show: false},
      padding: [6, 8, 0, 0],
      scales: {y: {range: (u, low, high) => [0, max ?? (high > 0 ? high * 1.1 : 1)]}},
      axes: [
        {stroke: text, grid: {show: false}, ticks: {show: false}, size: 20, font, space: 70,
          values: (u, ticks) => ticks.map(tick => new Date(tick * 1000).toLocaleTimeString([], {hour: '2-digit', minute: '2-digit', hour12: false}))},
        {stroke: text, grid, ticks: {show: false}, size: 58, font, space: 28, incrs: whole ? WHOLE : undefined, values: (u, ticks) => ticks.map(tick => format(tick))},
      ],
      series: [{}, ...series.map(each => ({
        label: each.label, stroke: colour(each.colour), width: 1.5, dash: each.dash ? [5, 4] : undefined,
        spanGaps: false, points: {show: false},
      }))],
    };
  }

  function draw() {
    drawn?.destroy();
    drawn = new uPlot(options(), data, plot);
  }

  function fillTable() {
    if (!details.open) return;
    const lines = [];
    for (let i = data[0].length - 1; i >= 0; i--) {
      lines.push(h('tr', {}, h('td', {}, fmt.clock(data[0][i] * 1000)),
          series.map((each, s) => h('td', {class: 'num'}, format(data[s + 1][i])))));
    }
    rows.replaceChildren(...lines);
  }

  details.addEventListener('toggle', fillTable);
  new ResizeObserver(() => {
    if (drawn && Math.abs(drawn.width - plot.clientWidth) > 1) drawn.setSize({width: Math.max(120, plot.clientWidth), height});
  }).observe(plot);
  const self = {
    /** Shows columns of equal length: seconds since 1970, then one for each series. */
    update(columns) {
      data = columns;
      now.textContent = series.map((each, s) => format(data[s + 1].at(-1))).join(' · ');
      if (drawn) drawn.setData(data);
      else draw();
    },
    draw,
  };
  all.add(self);
  return self;
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => all.forEach(each => each.draw()));
