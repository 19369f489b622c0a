import {$, DASH, api, facts, h, problem} from './core.js';

api('/about').then(about => {
  $('#about').replaceChildren(facts([
    ['version', about.version], ['Java', about.java], ['profiles', about.profiles.join(', ') || DASH],
    ['login', about.login === 'none' ? 'none, this machine alone' : 'keys'], ['trial', about.trial ? 'yes' : 'no'],
    ['scheduler', about.scheduler], ['KV index', about.kvIndex ?? DASH], ['autoscaler', about.autoscaler ?? DASH],
    ['config server', about.configServer ?? DASH], ['gateways', about.peers.length === 0 ? 'this one' : about.peers.join(', ')],
  ]));
  const management = about.managementPort ? location.protocol + '//' + location.hostname + ':' + about.managementPort : null;
  const links = [
    ['/docs', 'API of the gateway'], ['/docs/openapi.yaml', 'the same for tools'],
    management ? [management + '/actuator/prometheus', 'Metrics of this gateway'] : null,
    management ? [management + '/actuator/limits', 'Limits in force'] : null,
    about.grafana ? [about.grafana, 'Grafana'] : null,
  ];
  $('#links').replaceChildren(...links.filter(link => link).map(([href, text]) => h('li', {}, h('a', {href}, text))));
}, e => $('#about').replaceChildren(problem(e)));
