package io.llmd.scheduler.api.extproc;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.service.ext_proc.v3.GrpcStatus;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.ImmediateResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.StatusCode;
import io.grpc.Status;
import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.openai.ApiError;
import io.llmd.openai.ApiRoute;
import io.llmd.openai.ErrorBody;
import io.llmd.openai.RejectionAnswer;
import io.llmd.scheduler.api.ErrorCodes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes answers in the place of an endpoint's, in the client's dialect. */
final class Refusals {

    private Refusals() {}

    /** The message carries llm-d's name of the code, which log scrapers look for. */
    static ProcessingResponse rejected(@Nullable ProxiedRequest request, ScheduleRejection rejection) {
        ApiError error = RejectionAnswer.error(rejection);
        String message = "inference error: " + ErrorCodes.of(rejection.reason()) + " - " + error.message();
        return answer(request, new ApiError(error.code(), message), RejectionAnswer.headers(rejection));
    }

    static ProcessingResponse evicted(@Nullable ProxiedRequest request) {
        return answer(request, RejectionAnswer.evicted(), RejectionAnswer.evictedHeaders());
    }

    static ProcessingResponse refused(@Nullable ProxiedRequest request, ErrorCode code, String message) {
        return answer(request, new ApiError(code, message), Map.of());
    }

    private static ProcessingResponse answer(
            @Nullable ProxiedRequest request, ApiError error, Map<String, String> headers) {
        ApiRoute route = request == null ? null : ApiRoute.match(request.path());
        HeaderMutation.Builder set =
                HeaderMutation.newBuilder().addSetHeaders(Messages.header("content-type", "application/json"));
        headers.forEach((name, value) -> set.addSetHeaders(Messages.header(name, value)));
        if (request != null) {
            set.addSetHeaders(Messages.header(LlmdHeader.REQUEST_ID.wireName(), request.id()));
        }
        byte[] body = route == null ? ErrorBody.toJson(error) : ErrorBody.toJson(error, route);
        int status = error.code().status();
        ImmediateResponse.Builder response = ImmediateResponse.newBuilder()
                .setStatus(HttpStatus.newBuilder().setCode(StatusCode.forNumber(status)))
                .setHeaders(set)
                .setBody(ByteString.copyFrom(body))
                .setDetails(error.code().wireName());
        if (request != null && request.isGrpc()) {
            response.setGrpcStatus(
                    GrpcStatus.newBuilder().setStatus(grpcCode(status).value()));
        }
        return ProcessingResponse.newBuilder().setImmediateResponse(response).build();
    }

    private static Status.Code grpcCode(int status) {
        return switch (status) {
            case 400 -> Status.Code.INVALID_ARGUMENT;
            case 412 -> Status.Code.FAILED_PRECONDITION;
            case 413, 429 -> Status.Code.RESOURCE_EXHAUSTED;
            case 503 -> Status.Code.UNAVAILABLE;
            default -> Status.Code.INTERNAL;
        };
    }
}
