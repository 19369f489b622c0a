package io.llmd.lab.autoscale;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.SimulationControl;
import io.llmd.simulator.cluster.Target;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The router of specs/autoscaling.md 5.1: requests wait here, the most important tier first and then first come first served, while each
 * replica that may serve them has five requests waiting or its memory filled to 0.8, and else go where {@link Lanes} says. Counts what
 * a router's metrics page tells. For the thread of the simulation.
 */
final class Gateway implements Router {

    private static final double NANOS = 1e9;
    private static final double FIRST_GUESS = 200;
    /** Share of the time that a request may wait, from which on it waits no longer than others. */
    private static final double LATE = 0.8;

    private final Pods pods;
    private final Runnable begin;
    private final Lanes lanes;
    private final double[] deadlines;
    private final List<Deque<ClientRequest>> queues = new ArrayList<>();
    private final Map<Long, Pod> prefilling = new HashMap<>();
    private final List<Totals> counted = new ArrayList<>();
    private List<Totals> lost;
    private double waitingTokens;
    private double outputs;
    private double ended;
    private boolean isTurnPlanned;
    private @Nullable SimulationControl control;

    /**
     * A router.
     *
     * @param deadlines by tier, seconds after which its requests are due; infinite where they are to be served at once
     * @param begin is run once, when the simulation begins
     */
    Gateway(Pods pods, Lanes lanes, double[] deadlines, Runnable begin) {
        this.pods = pods;
        this.lanes = lanes;
        this.deadlines = deadlines;
        this.begin = begin;
        List<Totals> none = new ArrayList<>();
        for (int i = 0; i < deadlines.length; i++) {
            queues.add(new ArrayDeque<>());
            counted.add(new Totals());
            none.add(new Totals());
        }
        lost = none;
    }

    @Override
    public void begin(SimulationControl simulation) {
        control = simulation;
        pods.begin(simulation.endpoints());
        begin.run();
    }

    SimulationControl control() {
        if (control == null) {
            throw new IllegalStateException("the simulation has not begun");
        }
        return control;
    }

    @Override
    public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
        int tier = Tag.of(request).tier();
        Totals totals = counted.get(tier);
        totals.arrived();
        waitingTokens += request.prompt().length;
        Lanes.Place place = queues.get(tier).isEmpty() ? choose(request) : null;
        if (place == null) {
            queues.get(tier).addLast(request);
            totals.queued++;
            return Target.HOLD;
        }
        return sent(request, place);
    }

    private Target sent(ClientRequest request, Lanes.Place place) {
        Pod prefill = place.prefill();
        take(place.pod(), request);
        counted.get(Tag.of(request).tier()).running++;
        if (prefill == null) {
            return Target.endpoint(place.pod().slot);
        }
        take(prefill, request);
        prefilling.put(request.id(), prefill);
        return new Target.PrefillDecode(prefill.slot, place.pod().slot);
    }

    private static void take(Pod pod, ClientRequest request) {
        pod.inFlight++;
        pod.promptTokens += request.prompt().length;
        pod.sentTokens += request.prompt().length;
    }

    private static void give(Pod pod, ClientRequest request) {
        pod.inFlight--;
        pod.promptTokens -= request.prompt().length;
    }

    private Lanes.@Nullable Place choose(ClientRequest request) {
        Tag tag = Tag.of(request);
        boolean isLate = (control().now() - tag.arrival()) / NANOS > LATE * deadlines[tag.tier()];
        return lanes.choose(tag.tier(), isLate, ended == 0 ? FIRST_GUESS : outputs / ended);
    }

    /** Each second: sends what can be sent, the most important first, and then what can wait. */
    void turn() {
        for (int tier = 0; tier < queues.size(); tier++) {
            send(tier);
        }
    }

    private void sendUrgent() {
        for (int tier = 0; tier < queues.size(); tier++) {
            if (Double.isInfinite(deadlines[tier])) {
                send(tier);
            }
        }
    }

    private void send(int tier) {
        Deque<ClientRequest> queue = queues.get(tier);
        Lanes.Place place = queue.isEmpty() ? null : choose(queue.getFirst());
        while (place != null) {
            ClientRequest request = queue.removeFirst();
            counted.get(tier).queued--;
            control().send(request.id(), sent(request, place));
            place = queue.isEmpty() ? null : choose(queue.getFirst());
        }
    }

    private void turnSoon() {
        if (!isTurnPlanned && queued() > 0) {
            isTurnPlanned = true;
            control().at(control().now(), () -> {
                isTurnPlanned = false;
                sendUrgent();
            });
        }
    }

    @Override
    public void scraped(EndpointView endpoint, long now) {
        Pod pod = pods.at(endpoint.index());
        if (pod != null) {
            pod.sentTokens = 0;
            turnSoon();
        }
    }

    @Override
    public void firstToken(ClientRequest request, int endpoint, long now) {
        waitingTokens -= request.prompt().length;
        Pod prefill = prefilling.remove(request.id());
        if (prefill != null) {
            give(prefill, request);
        }
        Tag tag = Tag.of(request);
        counted.get(tag.tier()).firstToken((now - tag.arrival()) / NANOS);
    }

    @Override
    public void ended(RequestResult result, long now) {
        Pod pod = result.endpoint() == RequestResult.NONE ? null : pods.at(result.endpoint());
        ClientRequest request = result.request();
        Totals totals = counted.get(Tag.of(request).tier());
        Pod prefill = prefilling.remove(request.id());
        totals.running -= pod != null || prefill != null ? 1 : 0;
        if (pod != null) {
            give(pod, request);
        }
        if (prefill != null) {
            give(prefill, request);
        }
        if (result.firstToken() == RequestResult.NEVER) {
            waitingTokens -= request.prompt().length;
        }
        outputs += result.outputTokens();
        ended++;
        totals.finished(
                request.prompt().length,
                result.cachedTokens(),
                result.outputTokens(),
                result.interTokenLatency() / NANOS);
        turnSoon();
    }

    @Override
    public boolean wantsFirstTokens() {
        return true;
    }

    /** What its page tells: since its last restart, by class. */
    List<Totals> told() {
        List<Totals> told = new ArrayList<>();
        for (int i = 0; i < counted.size(); i++) {
            told.add(counted.get(i).since(lost.get(i)));
        }
        return told;
    }

    /** Begins to count anew. */
    void restart() {
        lost = counted.stream().map(Totals::copy).toList();
    }

    /** Requests that wait here. */
    int queued() {
        int sum = 0;
        for (Deque<ClientRequest> queue : queues) {
            sum += queue.size();
        }
        return sum;
    }

    /** Tokens of prompts of which no token has come back yet, here and in replicas. */
    double waitingTokens() {
        return waitingTokens;
    }

    /** Requests that came so far. */
    double arrivals() {
        double sum = 0;
        for (Totals each : counted) {
            sum += each.arrivals;
        }
        return sum;
    }
}
