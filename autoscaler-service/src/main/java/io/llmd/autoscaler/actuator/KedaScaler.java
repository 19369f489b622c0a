package io.llmd.autoscaler.actuator;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.llmd.autoscaler.actuator.Published.Number;
import io.llmd.keda.ExternalScalerGrpc;
import io.llmd.keda.GetMetricSpecResponse;
import io.llmd.keda.GetMetricsRequest;
import io.llmd.keda.GetMetricsResponse;
import io.llmd.keda.IsActiveResponse;
import io.llmd.keda.MetricSpec;
import io.llmd.keda.MetricValue;
import io.llmd.keda.ScaledObjectRef;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Answers KEDA as an external scaler (specs/autoscaling.md 4.7): the metric {@value #METRIC} is the number of replicas that was
 * decided, of which one replica is to have 1, so that the HPA asks for just that number.
 *
 * <p>The variant is the trigger's metadata {@code variant}, or the name of the ScaledObject, in {@code namespace} of the metadata or that
 * of the ScaledObject. What is not known, only advised or too old is an error, never 0: KEDA then uses its fallback. Safe from any
 * thread; nothing blocks.
 */
public final class KedaScaler extends ExternalScalerGrpc.ExternalScalerImplBase {

    static final String METRIC = "replicas";

    private final Published published;
    private final int maxStreams;
    private final Set<Activity> activities = ConcurrentHashMap.newKeySet();
    private final Set<ServerCallStreamObserver<GetMetricSpecResponse>> specs = ConcurrentHashMap.newKeySet();

    /** @param maxStreams most streams of each kind; further ones are refused with RESOURCE_EXHAUSTED */
    public KedaScaler(Published published, int maxStreams) {
        this.published = published;
        this.maxStreams = maxStreams;
    }

    /** One open stream about one variant. It sends what has changed since it last sent, when the other side has room for it. */
    private final class Activity {

        private final String variant;
        private final ServerCallStreamObserver<IsActiveResponse> stream;
        private @Nullable Boolean sent;
        private boolean isOver;

        private Activity(String variant, ServerCallStreamObserver<IsActiveResponse> stream) {
            this.variant = variant;
            this.stream = stream;
        }

        private synchronized void send() {
            if (isOver || stream.isCancelled() || !stream.isReady()) {
                return;
            }
            Number number = published.of(variant);
            if (number instanceof Number.Replicas(int replicas)) {
                boolean isActive = replicas > 0;
                if (sent == null || sent != isActive) {
                    sent = isActive;
                    stream.onNext(
                            IsActiveResponse.newBuilder().setResult(isActive).build());
                }
            } else if (sent == null && !(number instanceof Number.Pending)) {
                // Before the first cycle the stream waits: KEDA would not come back for up to a minute.
                // Later silence of the loop ends no stream: what was told last holds until something else is decided.
                isOver = true;
                activities.remove(this);
                stream.onError(refusal(variant, number).asRuntimeException());
            }
        }
    }

    private static String variant(ScaledObjectRef ref) {
        String namespace = ref.getScalerMetadataOrDefault("namespace", ref.getNamespace());
        return (namespace.isEmpty() ? "default" : namespace) + "/"
                + ref.getScalerMetadataOrDefault("variant", ref.getName());
    }

    private static Status refusal(String variant, Number number) {
        return switch (number) {
            case Number.Replicas replicas -> Status.INTERNAL;
            case Number.Unknown unknown -> Status.NOT_FOUND.withDescription("variant: " + variant + " is not scaled");
            case Number.Advice advice ->
                Status.FAILED_PRECONDITION.withDescription("variant: " + variant + " is advisory");
            case Number.Pending pending ->
                Status.UNAVAILABLE.withDescription("nothing has been decided yet about " + variant);
            case Number.Stale stale ->
                Status.UNAVAILABLE.withDescription("nothing has been decided about " + variant + " for "
                        + stale.age().toSeconds() + " s");
        };
    }

    @Override
    public void isActive(ScaledObjectRef request, StreamObserver<IsActiveResponse> answer) {
        String variant = variant(request);
        Number number = published.of(variant);
        if (number instanceof Number.Replicas(int replicas)) {
            answer.onNext(IsActiveResponse.newBuilder().setResult(replicas > 0).build());
            answer.onCompleted();
        } else {
            answer.onError(refusal(variant, number).asRuntimeException());
        }
    }

    @Override
    public void streamIsActive(ScaledObjectRef request, StreamObserver<IsActiveResponse> answer) {
        if (activities.size() >= maxStreams) {
            answer.onError(tooMany());
            return;
        }
        ServerCallStreamObserver<IsActiveResponse> stream = (ServerCallStreamObserver<IsActiveResponse>) answer;
        Activity activity = new Activity(variant(request), stream);
        stream.setOnCancelHandler(() -> activities.remove(activity));
        stream.setOnReadyHandler(activity::send);
        activities.add(activity);
        activity.send();
    }

    private RuntimeException tooMany() {
        return Status.RESOURCE_EXHAUSTED
                .withDescription("streams: " + maxStreams + " are open (expected: fewer)")
                .asRuntimeException();
    }

    /** A cycle has been published: streams hear what has changed. */
    public void published() {
        activities.forEach(Activity::send);
    }

    @Override
    public void getMetricSpec(ScaledObjectRef request, StreamObserver<GetMetricSpecResponse> answer) {
        answer.onNext(spec());
        answer.onCompleted();
    }

    private static GetMetricSpecResponse spec() {
        return GetMetricSpecResponse.newBuilder()
                .addMetricSpecs(MetricSpec.newBuilder()
                        .setMetricName(METRIC)
                        .setTargetSize(1)
                        .setTargetSizeFloat(1))
                .build();
    }

    @Override
    public void getMetrics(GetMetricsRequest request, StreamObserver<GetMetricsResponse> answer) {
        String variant = variant(request.getScaledObjectRef());
        Number number = published.of(variant);
        if (number instanceof Number.Replicas(int replicas)) {
            answer.onNext(GetMetricsResponse.newBuilder()
                    .addMetricValues(MetricValue.newBuilder()
                            .setMetricName(METRIC)
                            .setMetricValue(replicas)
                            .setMetricValueFloat(replicas))
                    .build());
            answer.onCompleted();
        } else {
            answer.onError(refusal(variant, number).asRuntimeException());
        }
    }

    /** It never changes, so that nothing follows the first. */
    @Override
    public void streamMetricSpec(ScaledObjectRef request, StreamObserver<GetMetricSpecResponse> answer) {
        if (specs.size() >= maxStreams) {
            answer.onError(tooMany());
            return;
        }
        ServerCallStreamObserver<GetMetricSpecResponse> stream =
                (ServerCallStreamObserver<GetMetricSpecResponse>) answer;
        stream.setOnCancelHandler(() -> specs.remove(stream));
        specs.add(stream);
        stream.onNext(spec());
    }

    /** How many streams are open. */
    int open() {
        return activities.size() + specs.size();
    }
}
