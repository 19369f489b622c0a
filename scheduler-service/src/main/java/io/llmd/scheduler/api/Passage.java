package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.scheduler.explain.DecisionRecording;
import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.Ticket;
import io.llmd.scheduler.scheduling.DecisionRecorder;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One request on its way from the door to its outcome, which it delivers exactly once. */
final class Passage implements QueuePlace {

    /*
     * Flow control may say what became of a request before submit() has returned its ticket, on another thread. Whoever
     * brings the second of ticket and admission goes on, which the claim decides.
     */

    private final ScheduleRequest request;
    private final Consumer<ScheduleOutcome> receiver;
    private final long startNanos;
    private final @Nullable DecisionRecording recording;
    private final AtomicReference<@Nullable Admission> admission = new AtomicReference<>();
    private final AtomicBoolean claimed = new AtomicBoolean();
    private final AtomicBoolean delivered = new AtomicBoolean();
    private volatile @Nullable Ticket ticket;
    private volatile @Nullable InferenceRequest inference;
    private volatile boolean left;
    private int position;
    private @Nullable Duration estimatedWait;
    private long waitedNanos;
    private long leaseId;
    private boolean isQueued;

    Passage(
            ScheduleRequest request,
            Consumer<ScheduleOutcome> receiver,
            long startNanos,
            @Nullable DecisionRecording recording) {
        this.request = request;
        this.receiver = receiver;
        this.startNanos = startNanos;
        this.recording = recording;
    }

    ScheduleRequest request() {
        return request;
    }

    long startNanos() {
        return startNanos;
    }

    @Nullable
    DecisionRecording recording() {
        return recording;
    }

    DecisionRecorder recorder() {
        return Recordings.recorder(recording);
    }

    /** The request has been read. */
    void read(InferenceRequest understood) {
        inference = understood;
    }

    /** What was understood of the request; null while it has not been read. */
    @Nullable
    InferenceRequest inference() {
        return inference;
    }

    /** The model that the request asks for, empty while it has not been read. */
    String model() {
        InferenceRequest understood = inference;
        return understood == null ? "" : understood.targetModel();
    }

    /** The request has handed in itself. Returns its admission when that is known already and the caller has to go on. */
    @Nullable
    Admission submitted(Ticket newTicket) {
        if (admission.get() == null) {
            position = newTicket.position();
            estimatedWait = newTicket.estimatedWait();
        }
        ticket = newTicket;
        Admission known = admission.get();
        if (left) {
            newTicket.cancel();
        }
        return known != null && claimed.compareAndSet(false, true) ? known : null;
    }

    /** Flow control has said what becomes of the request. Returns whether the caller has to go on. */
    boolean admitted(Admission outcome) {
        admission.set(outcome);
        return ticket != null && claimed.compareAndSet(false, true);
    }

    /** The request goes on after it waited so long. */
    void waited(Duration time) {
        waitedNanos = time.toNanos();
        if (recording != null) {
            recording.queued(waitedNanos);
        }
    }

    long waitedNanos() {
        return waitedNanos;
    }

    /** How many went first when the request began to wait, itself included; 0 when it did not wait. */
    int position() {
        return position;
    }

    @Nullable
    Duration estimatedWait() {
        return estimatedWait;
    }

    /** The request hands itself in to flow control. */
    void queued() {
        isQueued = true;
    }

    boolean isQueued() {
        return isQueued;
    }

    /** A lease was opened for the request. */
    void leased(long id) {
        leaseId = id;
    }

    /** The lease of the request, 0 while it has none. */
    long leaseId() {
        return leaseId;
    }

    @Nullable
    Ticket ticket() {
        return ticket;
    }

    /** Whether the outcome has been delivered. */
    boolean isOver() {
        return delivered.get();
    }

    /** Delivers the outcome unless another was delivered before. Returns whether it did. */
    boolean deliver(ScheduleOutcome outcome) {
        if (!delivered.compareAndSet(false, true)) {
            return false;
        }
        receiver.accept(outcome);
        return true;
    }

    @Override
    public void leave() {
        left = true;
        Ticket taken = ticket;
        if (taken != null) {
            taken.cancel();
        }
    }
}
