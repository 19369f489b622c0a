package io.llmd.gateway.disagg;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.openai.ApiError;
import io.llmd.openai.ErrorBody;
import io.llmd.openai.JsonMembers;
import java.util.HashSet;
import java.util.Set;

/**
 * First the prefill leg, then with its answer the decode leg.
 *
 * <pre>
 * prefill ──2xx──► handoff ──fine──► decode
 *    │  ▲             └──missing, foreign, unreadable──► decode-only
 *    │  └── another endpoint, or again after a pause
 *    ├──4xx──► the client gets it
 *    └──5xx, timeout, no connection──► decode-only, or the client gets it
 * </pre>
 */
final class PrefillFirst implements SplitFlow {

    /** Time in which another prefill endpoint may still be tried after one that could not be reached. */
    private static final long MOVE_NANOS = 250_000_000;

    private final SplitCall call;
    private final LegPair pair;
    private final Set<String> tried = new HashSet<>();
    private boolean moved;
    private int retries;

    PrefillFirst(SplitCall call, LegPair pair) {
        this.call = call;
        this.pair = pair;
    }

    @Override
    public void start() {
        SplitState.Prefilled fresh = call.state().fresh();
        if (fresh != null) {
            call.handoffReused();
            decode(fresh.answer(), fresh.prefill());
        } else {
            prefill(call.prefill());
        }
    }

    private void prefill(TargetEndpoint endpoint) {
        if (!call.state().enter(endpoint, call.request().promptTokens())) {
            call.decodeOnly(FallbackReason.PREFILL_BUSY);
            return;
        }
        tried.add(endpoint.id());
        Leg leg = pair.prefillLeg(call, endpoint);
        pair.prefill(leg, endpoint);
        long begin = call.now();
        call.send(endpoint, leg, "prefill", call.prefillTimeout(), new BufferedLeg.Listener() {
            @Override
            public void onAnswer(int status, byte[] body) {
                answered(endpoint, status, body);
            }

            @Override
            public void onTooLarge() {
                call.state().mayHold();
                call.decodeOnly(FallbackReason.HANDOFF_TOO_LARGE);
            }

            @Override
            public void onFailure(AttemptFailure failure) {
                failed(endpoint, failure, call.now() - begin);
            }
        });
    }

    private void answered(TargetEndpoint endpoint, int status, byte[] body) {
        if (status / 100 == 2) {
            call.endpointWorked(endpoint);
            handoff(endpoint, body);
        } else if (status >= 400 && status < 500 && status != 429) {
            call.endpointWorked(endpoint);
            call.refuse(status, body);
        } else {
            if (status != 429) {
                call.endpointFailed(endpoint);
            }
            errorStatus(endpoint, status, body);
        }
    }

    private void handoff(TargetEndpoint endpoint, byte[] body) {
        JsonMembers json = JsonMembers.read(body);
        if (json == null) {
            call.state().mayHold();
            call.decodeOnly(FallbackReason.HANDOFF_UNREADABLE);
            return;
        }
        PrefillAnswer answer = PrefillAnswer.of(json);
        call.state().prefilled(answer, endpoint);
        call.handoffIssued();
        decode(answer, endpoint);
    }

    private void decode(PrefillAnswer answer, TargetEndpoint endpoint) {
        Leg leg = call.leg(call.decode());
        FallbackReason problem = pair.decode(leg, answer, endpoint);
        if (problem == null) {
            call.decode(leg, call.termsWith(endpoint, answer));
            return;
        }
        if (problem == FallbackReason.HANDOFF_MISSING) {
            call.state().release();
        }
        call.decodeOnly(problem);
    }

    private void errorStatus(TargetEndpoint endpoint, int status, byte[] body) {
        call.state().release();
        boolean mayPass = status == 429 || status == 502 || status == 503 || status == 504;
        if (mayPass && retries < call.settings().prefillRetries() && call.acquireRetry()) {
            retries++;
            call.later(call.settings().retryBackoff(), () -> prefill(otherThan(endpoint)));
        } else if (call.settings().onPrefillFailure() == DisaggSettings.OnPrefillFailure.FAIL) {
            call.refuse(status >= 400 ? status : 502, body);
        } else {
            call.decodeOnly(FallbackReason.PREFILL_FAILED);
        }
    }

    private TargetEndpoint otherThan(TargetEndpoint endpoint) {
        TargetEndpoint other = call.otherPrefill(tried);
        return other == null ? endpoint : other;
    }

    private void failed(TargetEndpoint endpoint, AttemptFailure failure, long nanos) {
        call.state().release();
        call.endpointFailed(endpoint);
        if (failure == AttemptFailure.CONNECT && !moved && nanos < MOVE_NANOS) {
            moved = true;
            TargetEndpoint other = call.otherPrefill(tried);
            if (other != null) {
                prefill(other);
                return;
            }
        }
        if (call.settings().onPrefillFailure() == DisaggSettings.OnPrefillFailure.FAIL) {
            ApiError error = failure == AttemptFailure.FIRST_BYTE_TIMEOUT
                    ? new ApiError(ErrorCode.UPSTREAM_TIMEOUT, "no prefill endpoint answered in time")
                    : new ApiError(ErrorCode.UPSTREAM_ERROR, "no prefill endpoint could serve the request");
            call.refuse(error.code().status(), ErrorBody.toJson(error));
        } else {
            call.decodeOnly(FallbackReason.of(failure));
        }
    }
}
