package io.llmd.lab.autoscale;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.SimulationControl;
import io.llmd.simulator.cluster.Target;
import io.llmd.simulator.engine.EngineSnapshot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The router of specs/autoscaling.md 5.1: requests wait here, first come first served, while each replica that is ready has five
 * requests waiting or its memory filled to 0.8, and else go to the replica with the fewest tokens. Counts what a router's metrics
 * page tells. For the thread of the simulation.
 */
final class Gateway implements Router {

    private static final int LONG_QUEUE = 5;
    private static final double FULL = 0.8;
    private static final double NANOS = 1e9;
    private static final double FIRST_GUESS = 200;

    private final Pods pods;
    private final Runnable begin;
    private final Deque<ClientRequest> queue = new ArrayDeque<>();
    private final List<Totals> counted = new ArrayList<>();
    private List<Totals> lost;
    private double waitingTokens;
    private double outputs;
    private double ended;
    private boolean isTurnPlanned;
    private @Nullable SimulationControl control;

    /** @param begin is run once, when the simulation begins */
    Gateway(Pods pods, int tiers, Runnable begin) {
        this.pods = pods;
        this.begin = begin;
        List<Totals> none = new ArrayList<>();
        for (int i = 0; i < tiers; i++) {
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
        Totals totals = counted.get(Tag.of(request).tier());
        totals.arrived();
        waitingTokens += request.prompt().length;
        Pod pod = queue.isEmpty() ? choose() : null;
        if (pod == null) {
            queue.addLast(request);
            totals.queued++;
            return Target.HOLD;
        }
        return sent(request, pod);
    }

    private Target sent(ClientRequest request, Pod pod) {
        pod.inFlight++;
        pod.promptTokens += request.prompt().length;
        pod.sentTokens += request.prompt().length;
        counted.get(Tag.of(request).tier()).running++;
        return Target.endpoint(pod.slot);
    }

    private @Nullable Pod choose() {
        Pod best = null;
        double least = Double.POSITIVE_INFINITY;
        double perAnswer = ended == 0 ? FIRST_GUESS : outputs / ended;
        for (int k = 0; k < pods.kinds().size(); k++) {
            for (Pod pod : pods.all(k)) {
                if (pod.state == Pod.State.READY && takes(pod)) {
                    double tokens = pod.promptTokens + pod.inFlight * perAnswer / 2;
                    // Replicas of unlike size: what counts is the share of its memory.
                    double share = tokens / pods.kinds().get(k).limits().kvTokens();
                    if (share < least) {
                        least = share;
                        best = pod;
                    }
                }
            }
        }
        return best;
    }

    private boolean takes(Pod pod) {
        EngineSnapshot metrics = pods.view(pod).metrics();
        int waiting = pod.inFlight - metrics.running();
        double filling = pod.sentTokens / pods.kinds().get(pod.kind).limits().kvTokens();
        return waiting < LONG_QUEUE && (pod.inFlight == 0 || metrics.kvUsage() + filling < FULL);
    }

    /** Sends what can be sent. */
    void turn() {
        while (!queue.isEmpty()) {
            Pod pod = choose();
            if (pod == null) {
                return;
            }
            ClientRequest request = queue.removeFirst();
            counted.get(Tag.of(request).tier()).queued--;
            control().send(request.id(), sent(request, pod));
        }
    }

    private void turnSoon() {
        if (!isTurnPlanned && !queue.isEmpty()) {
            isTurnPlanned = true;
            control().at(control().now(), () -> {
                isTurnPlanned = false;
                turn();
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
        Tag tag = Tag.of(request);
        counted.get(tag.tier()).firstToken((now - tag.arrival()) / NANOS);
    }

    @Override
    public void ended(RequestResult result, long now) {
        Pod pod = result.endpoint() == RequestResult.NONE ? null : pods.at(result.endpoint());
        ClientRequest request = result.request();
        Totals totals = counted.get(Tag.of(request).tier());
        if (pod != null) {
            pod.inFlight--;
            pod.promptTokens -= request.prompt().length;
            totals.running--;
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
        return queue.size();
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
