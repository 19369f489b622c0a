package io.llmd.gateway.dispatch;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** One request on its way: finds a connection, and sends again on a fresh one when a reused one was already closed. */
final class UpstreamExchange implements UpstreamCall {

    private final UpstreamPool pool;
    private final TargetEndpoint endpoint;
    private final UpstreamRequest request;
    private final UpstreamListener listener;
    private @Nullable Future<UpstreamConnection> connecting;
    private @Nullable UpstreamConnection connection;
    private boolean sent;
    private boolean reused;
    private boolean answered;
    private boolean done;
    private boolean paused;

    UpstreamExchange(UpstreamPool pool, TargetEndpoint endpoint, UpstreamRequest request, UpstreamListener listener) {
        this.pool = pool;
        this.endpoint = endpoint;
        this.request = request;
        this.listener = listener;
    }

    void start() {
        UpstreamConnection idle = request.isOnce() ? null : pool.poll(endpoint);
        if (idle == null) {
            connect();
            return;
        }
        reused = true;
        connection = idle;
        sent = true;
        idle.send(this, request);
    }

    private void connect() {
        reused = false;
        Future<UpstreamConnection> future = pool.connect(endpoint);
        connecting = future;
        future.addListener((Future<UpstreamConnection> connected) -> {
            connecting = null;
            if (!connected.isSuccess()) {
                finish(sent ? AttemptFailure.RESET : AttemptFailure.CONNECT);
            } else if (done) {
                connected.getNow().close();
            } else {
                UpstreamConnection fresh = connected.getNow();
                connection = fresh;
                sent = true;
                fresh.send(this, request);
                if (paused) {
                    fresh.pause();
                }
            }
        });
    }

    void onHead(int status, HttpHeaders headers) {
        answered = true;
        listener.onHead(status, headers);
    }

    void onBody(ByteBuf bytes) {
        listener.onBody(bytes);
    }

    void onPause() {
        listener.onPause();
    }

    void onEnd() {
        connection = null;
        done = true;
        listener.onEnd();
    }

    void onConnectionFailure(AttemptFailure failure) {
        connection = null;
        if (failure == AttemptFailure.RESET && reused && !answered && !done) {
            connect();
        } else {
            finish(failure);
        }
    }

    private void finish(AttemptFailure failure) {
        if (!done) {
            done = true;
            listener.onFailure(failure);
        }
    }

    @Override
    public void cancel() {
        if (done) {
            return;
        }
        done = true;
        Future<UpstreamConnection> pending = connecting;
        if (pending != null) {
            pending.cancel(false);
        }
        UpstreamConnection used = connection;
        connection = null;
        if (used != null) {
            used.abandon();
        }
    }

    @Override
    public void pause() {
        paused = true;
        UpstreamConnection used = connection;
        if (used != null) {
            used.pause();
        }
    }

    @Override
    public void resume() {
        paused = false;
        UpstreamConnection used = connection;
        if (used != null) {
            used.resume();
        }
    }
}
