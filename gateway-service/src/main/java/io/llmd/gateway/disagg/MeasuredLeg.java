package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.AttemptFailure;
import java.util.concurrent.atomic.AtomicLong;

/** Counts a buffered leg as in flight at its endpoint and measures it, whatever its end is. */
final class MeasuredLeg implements BufferedLeg.Listener {

    private final Disaggregation owner;
    private final String phase;
    private final AtomicLong inFlight;
    private final BufferedLeg.Listener next;
    private final long beginNanos;
    private boolean over;

    MeasuredLeg(Disaggregation owner, String phase, TargetEndpoint endpoint, BufferedLeg.Listener next) {
        this.owner = owner;
        this.phase = phase;
        this.inFlight = owner.enter(endpoint);
        this.next = next;
        this.beginNanos = owner.now();
    }

    private void end(String result) {
        if (!over) {
            over = true;
            inFlight.decrementAndGet();
            owner.meters().leg(phase, result, owner.now() - beginNanos);
        }
    }

    @Override
    public void onAnswer(int status, byte[] body) {
        end(status / 100 == 2 ? "ok" : "status");
        next.onAnswer(status, body);
    }

    @Override
    public void onTooLarge() {
        end("protocol");
        next.onTooLarge();
    }

    @Override
    public void onNoRoom() {
        end("cancelled");
        next.onNoRoom();
    }

    @Override
    public void onFailure(AttemptFailure failure) {
        end(failure.result());
        next.onFailure(failure);
    }

    @Override
    public void onCancelled() {
        end("cancelled");
        next.onCancelled();
    }
}
