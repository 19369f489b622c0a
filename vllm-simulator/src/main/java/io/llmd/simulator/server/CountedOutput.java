package io.llmd.simulator.server;

import io.llmd.simulator.api.Reply;
import io.llmd.simulator.metrics.HttpMeters;

/** Counts an answer when it has been written. */
final class CountedOutput implements AnswerOutput {
    private final AnswerOutput output;
    private final HttpMeters meters;
    private final Received request;
    private boolean opened;

    CountedOutput(AnswerOutput output, HttpMeters meters, Received request) {
        this.output = output;
        this.meters = meters;
        this.request = request;
    }

    /**
     * A request.
     *
     * @param handler path of its route
     * @param bytes its content length
     * @param nanos when it came
     */
    record Received(String handler, String method, long bytes, long nanos) {}

    @Override
    public boolean isReady() {
        return output.isReady();
    }

    @Override
    public void open() {
        opened = true;
        output.open();
    }

    @Override
    public void events(StringBuilder text) {
        output.events(text);
    }

    @Override
    public void flush() {
        output.flush();
    }

    @Override
    public void end(Runnable free) {
        count(200, 0);
        output.end(free);
    }

    @Override
    public void complete(Reply.Content content, Runnable free) {
        count(content.status(), content.body().length);
        output.complete(content, free);
    }

    @Override
    public void close() {
        cut();
        output.close();
    }

    @Override
    public void reset() {
        cut();
        output.reset();
    }

    /** A stream counts by its head; an answer without one as an error. */
    private void cut() {
        count(opened ? 200 : 500, 0);
    }

    private void count(int status, int bytes) {
        double seconds = (System.nanoTime() - request.nanos()) / 1e9;
        meters.answered(
                new HttpMeters.Exchange(request.handler(), request.method(), status, request.bytes(), bytes, seconds),
                System.currentTimeMillis() / 1e3);
    }
}
