package io.llmd.gateway.edge;

import io.llmd.gateway.access.AccessControl;
import io.llmd.gateway.access.CacheIsolation;
import io.llmd.gateway.access.Quotas;
import io.llmd.gateway.disagg.Disaggregation;
import io.llmd.gateway.dispatch.EndpointDirectory;
import io.llmd.gateway.dispatch.EndpointHealth;
import io.llmd.gateway.dispatch.InFlightRequests;
import io.llmd.gateway.dispatch.ModelCatalog;
import io.llmd.gateway.dispatch.RetryBudget;
import io.llmd.gateway.dispatch.SchedulerClient;
import io.llmd.gateway.dispatch.UpstreamClient;
import io.llmd.gateway.observe.GatewayMetrics;
import io.llmd.gateway.observe.MemoryPressure;
import io.llmd.gateway.observe.RequestListener;
import io.llmd.gateway.observe.RequestTraces;
import io.llmd.openai.RequestReader;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What every exchange works with; one for the process.
 *
 * @param settings bounds and manners
 * @param access who may enter
 * @param quotas how much of that
 * @param isolation who shares cached blocks
 * @param reader reads bodies of clients
 * @param trustedReader reads bodies that trusted proxies send
 * @param scheduler gives endpoints
 * @param steering judges headers that say where phases are served
 * @param upstream sends to endpoints
 * @param disaggregation serves requests on several endpoints
 * @param directory endpoints of the pool
 * @param models what the pool serves
 * @param health which endpoints fail
 * @param retries how many further attempts there may be
 * @param inFlight requests per endpoint
 * @param active requests that are not over
 * @param memory how scarce memory is
 * @param metrics counts what happens
 * @param traces makes spans of what happens
 * @param listener hears of each request that is over; null when nobody does
 * @param nanoTime monotonic time
 */
public record EdgeServices(
        EdgeSettings settings,
        AccessControl access,
        Quotas quotas,
        CacheIsolation isolation,
        RequestReader reader,
        RequestReader trustedReader,
        SchedulerClient scheduler,
        Steering steering,
        UpstreamClient upstream,
        Disaggregation disaggregation,
        EndpointDirectory directory,
        ModelCatalog models,
        EndpointHealth health,
        RetryBudget retries,
        InFlightRequests inFlight,
        ActiveExchanges active,
        MemoryPressure memory,
        GatewayMetrics metrics,
        RequestTraces traces,
        @Nullable RequestListener listener,
        LongSupplier nanoTime) {}
