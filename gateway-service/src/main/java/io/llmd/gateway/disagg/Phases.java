package io.llmd.gateway.disagg;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.openai.ApiError;
import io.llmd.openai.ErrorBody;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a coordinator sends, and where: each phase of a request is a request of its own to one gateway, with a header that
 * names the phase, so that the gateway chooses an endpoint for it when its turn has come. Immutable.
 *
 * @param encode the gateway, as the endpoint of encode legs; its id is the value of the header
 * @param prefill the same of prefill legs
 * @param decode the same of decode legs
 * @param render who turns prompts into token ids; {@code null} for nobody
 * @param steps what is done before the answer
 * @param protocol how blocks get from the endpoint of one phase to that of the next
 * @param openAiFormat whether encode and prefill legs have the API of the client's request, instead of token ids in and out
 * @param renders bounds of rendering
 * @param encodeAtATime encode legs of one request at a time
 * @param media bounds of media that are fetched
 * @param source fetches media
 * @param memory of what is fetched and rendered, for all requests together
 * @param trustsHosts whether answers may name any host to fetch blocks from
 */
public record Phases(
        TargetEndpoint encode,
        TargetEndpoint prefill,
        TargetEndpoint decode,
        @Nullable TargetEndpoint render,
        Set<Step> steps,
        Protocol protocol,
        boolean openAiFormat,
        Renders renders,
        int encodeAtATime,
        Media media,
        MediaSource source,
        MediaMemory memory,
        boolean trustsHosts) {

    /** Ids of the endpoints, which are the profiles that the gateway's scheduler runs. */
    public static final String ENCODE = "encode";

    /** See {@link #ENCODE}. */
    public static final String PREFILL = "prefill";

    /** See {@link #ENCODE}. */
    public static final String DECODE = "decode";

    /** What is done with a request, in this order. */
    public enum Step {
        /** Media are fetched from their addresses. */
        REPLACE_MEDIA_URLS,
        /** The prompt becomes token ids. */
        RENDER,
        /** An endpoint that has the prompt cached answers at once. */
        CONDITIONAL_DECODE,
        /** Media are encoded, each by a request of its own. */
        ENCODE,
        /** The prompt is computed at one endpoint. */
        PREFILL,
        /** Another endpoint answers. */
        DECODE
    }

    /** How blocks get from the endpoint that computes a prompt to the one that answers. */
    public enum Protocol {
        /** The answering endpoint fetches them, as the other one has said. */
        KV_NIXL,
        /** Through a storage that both know. */
        KV_SHARED_STORAGE,
        /** Both meet in a room of a bootstrap server, of which the first one says where it is. */
        KV_SGLANG
    }

    /**
     * @param timeout for an answer
     * @param maxBytes size of an answer
     * @param maxTokens tokens of a prompt; 0 for any number
     * @param maxPlaceholders of these, those that stand for media; 0 for any number
     */
    public record Renders(Duration timeout, int maxBytes, int maxTokens, int maxPlaceholders) {}

    /**
     * @param most media of one request, fetched or not; 0 for any number
     * @param atATime media of one request that are fetched at a time
     * @param timeout for each
     * @param maxBytes of each
     * @param maxTotalBytes body of a request after its media are in it
     */
    public record Media(int most, int atATime, Duration timeout, int maxBytes, int maxTotalBytes) {}

    public Phases {
        steps = Set.copyOf(steps);
    }

    boolean does(Step step) {
        return steps.contains(step);
    }

    /** Says in the headers of a leg for which phase it is. */
    void mark(HttpHeaders headers, TargetEndpoint endpoint) {
        headers.remove(LlmdHeader.PREFER.wireName());
        headers.remove(LlmdHeader.PROFILE.wireName());
        if (!endpoint.equals(render)) {
            headers.set(LlmdHeader.PROFILE.wireName(), endpoint.id());
        }
    }

    // ---- what clients see of refusals

    /** What is wrong with the request stays as it is; everything that others failed at is one status. */
    static ApiError shown(ApiError error) {
        return error.code().status() < 500 ? error : new ApiError(ErrorCode.UPSTREAM_ERROR, error.message());
    }

    /** Status of a refusal by another service: its own when the request was at fault. */
    static int shownStatus(int status) {
        return status >= 400 && status < 500 ? status : ErrorCode.UPSTREAM_ERROR.status();
    }

    /** An error in place of the one that another service has sent, whose text is not for clients. */
    static byte[] shownBody(int status) {
        ErrorCode code = switch (shownStatus(status)) {
            case 401 -> ErrorCode.INVALID_API_KEY;
            case 403 -> ErrorCode.PERMISSION_DENIED;
            case 404 -> ErrorCode.MODEL_NOT_FOUND;
            case 408 -> ErrorCode.REQUEST_TIMEOUT;
            case 413 -> ErrorCode.PAYLOAD_TOO_LARGE;
            case 415 -> ErrorCode.UNSUPPORTED_MEDIA_TYPE;
            case 429 -> ErrorCode.SERVER_OVERLOADED;
            case 502 -> ErrorCode.UPSTREAM_ERROR;
            default -> ErrorCode.INVALID_VALUE;
        };
        String message = code == ErrorCode.UPSTREAM_ERROR
                ? "a phase of the request failed"
                : "a phase of the request was refused with status " + status;
        return ErrorBody.toJson(new ApiError(code, message));
    }
}
