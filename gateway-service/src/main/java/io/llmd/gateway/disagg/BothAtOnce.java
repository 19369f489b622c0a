package io.llmd.gateway.disagg;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.openai.ApiError;
import io.llmd.openai.ErrorBody;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Both legs at the same time: the endpoints find each other by what the legs carry. The client gets what the decode endpoint
 * says; what the prefill endpoint answers is dropped, unless it fails: then the other leg would wait for blocks that never
 * come, and is cancelled at once.
 *
 * <pre>
 * both ──prefill 2xx──► decode answers
 *   ▲  ├──prefill 4xx──► the client gets it
 *   └──┴──prefill fails, nothing passed on yet──► another pair with other ids, then alone or an error
 * </pre>
 */
final class BothAtOnce implements SplitFlow {

    /** What the two legs of one try carry. Ids are made in the constructor and never used twice. */
    interface Pair {

        /** Adds to the prefill leg what its endpoint has to know. */
        void prefill(Leg leg, TargetEndpoint prefill);

        /** Adds to the decode leg what its endpoint has to know. */
        void decode(Leg leg, TargetEndpoint prefill);

        /** The prefill endpoint failed with this try. */
        default void failed() {}
    }

    /**
     * @param oneToken whether the prefill leg is cut down to one token; otherwise both legs have the client's body
     * @param repeats whether another pair is tried when the prefill endpoint fails
     * @param commits whether nothing is passed on before the prefill leg was answered, and its failure is the client's answer
     * @param decodesAlone whether decode endpoints can compute prompts
     */
    record Manners(boolean oneToken, boolean repeats, boolean commits, boolean decodesAlone) {}

    private final SplitCall call;
    private final Manners manners;
    private final Supplier<Pair> pairs;
    private final Set<String> triedIds = new HashSet<>();
    private @Nullable BufferedLeg prefillLeg;
    private int number;
    private @Nullable Pair pair;
    private boolean repeated;
    private boolean committed;

    BothAtOnce(SplitCall call, Manners manners, Supplier<Pair> pairs) {
        this.call = call;
        this.manners = manners;
        this.pairs = pairs;
    }

    @Override
    public void start() {
        send(call.prefill());
    }

    private void send(TargetEndpoint prefill) {
        if (!call.state().enter(prefill, call.request().promptTokens())) {
            alone(FallbackReason.PREFILL_BUSY);
            return;
        }
        triedIds.add(prefill.id());
        int mine = ++number;
        committed = !manners.commits();
        Pair fresh = pairs.get();
        pair = fresh;
        Leg leg = call.leg(prefill);
        if (manners.oneToken()) {
            OneToken.prime(call.request().route(), leg.body());
        }
        fresh.prefill(leg, prefill);
        BufferedLeg sent = call.sendOnce(prefill, leg, "prefill", call.prefillTimeout(), new BufferedLeg.Listener() {
            @Override
            public void onAnswer(int status, byte[] body) {
                if (mine == number) {
                    answered(prefill, status, body);
                }
            }

            @Override
            public void onTooLarge() {
                // Its blocks are on their way; nobody needs the rest.
                if (mine == number) {
                    worked(prefill);
                }
            }

            @Override
            public void onFailure(AttemptFailure failure) {
                if (mine == number) {
                    failed(prefill, failure, errorOf(failure), true);
                }
            }
        });
        if (mine != number) {
            return;
        }
        prefillLeg = sent;
        Leg other = call.leg(call.decode());
        fresh.decode(other, prefill);
        call.decodeMeanwhile(other, prefill, manners.commits(), manners.decodesAlone(), fresh::failed);
        if (manners.commits()) {
            call.later(call.settings().commitTimeout(), () -> uncommitted(mine, prefill));
        }
    }

    private void answered(TargetEndpoint prefill, int status, byte[] body) {
        if (status / 100 == 2) {
            worked(prefill);
        } else if (status >= 400 && status < 500 && status != 429 && !call.hasDecodeBegun()) {
            call.endpointWorked(prefill);
            end();
            call.refuse(status, body);
        } else {
            failed(
                    prefill,
                    AttemptFailure.SERVER_ERROR,
                    new Refusal(status >= 400 ? status : 502, body),
                    status != 429);
        }
    }

    private void worked(TargetEndpoint prefill) {
        call.endpointWorked(prefill);
        call.state().release();
        if (!committed) {
            committed = true;
            call.releaseDecode();
        }
    }

    /** What the client gets when nothing else is left. */
    private record Refusal(int status, byte[] body) {

        static Refusal of(ErrorCode code, String message) {
            ApiError error = new ApiError(code, message);
            return new Refusal(code.status(), ErrorBody.toJson(error));
        }
    }

    private static Refusal errorOf(AttemptFailure failure) {
        return failure == AttemptFailure.FIRST_BYTE_TIMEOUT
                ? Refusal.of(ErrorCode.UPSTREAM_TIMEOUT, "no prefill endpoint answered in time")
                : Refusal.of(ErrorCode.UPSTREAM_ERROR, "no prefill endpoint could serve the request");
    }

    private void failed(TargetEndpoint prefill, AttemptFailure failure, Refusal refusal, boolean isItsFault) {
        call.state().release();
        if (isItsFault) {
            call.endpointFailed(prefill);
        }
        Pair tried = pair;
        if (tried != null) {
            tried.failed();
        }
        if (call.hasDecodeBegun()) {
            // The decode endpoint has what it needs, or will say that it has not.
            return;
        }
        end();
        if (manners.commits()) {
            call.refuse(refusal.status(), refusal.body());
        } else if (manners.repeats() && !repeated && call.acquireRetry()) {
            repeated = true;
            TargetEndpoint other = call.otherPrefill(triedIds);
            send(other == null ? prefill : other);
        } else if (!manners.decodesAlone()
                || call.settings().onPrefillFailure() == DisaggSettings.OnPrefillFailure.FAIL) {
            call.refuse(refusal.status(), refusal.body());
        } else {
            call.decodeOnly(FallbackReason.of(failure));
        }
    }

    private void uncommitted(int which, TargetEndpoint prefill) {
        if (which != number || committed) {
            return;
        }
        failed(prefill, AttemptFailure.FIRST_BYTE_TIMEOUT, errorOf(AttemptFailure.FIRST_BYTE_TIMEOUT), true);
    }

    private void alone(FallbackReason why) {
        if (manners.decodesAlone()) {
            call.decodeOnly(why);
        } else {
            Refusal refusal = Refusal.of(ErrorCode.SERVER_OVERLOADED, "the prefill endpoint is busy");
            call.refuse(refusal.status(), refusal.body());
        }
    }

    /** Ends both legs; what they still say is not heard. */
    private void end() {
        number++;
        call.cancelDecode();
        BufferedLeg leg = prefillLeg;
        prefillLeg = null;
        if (leg != null) {
            leg.cancel();
        }
    }
}
