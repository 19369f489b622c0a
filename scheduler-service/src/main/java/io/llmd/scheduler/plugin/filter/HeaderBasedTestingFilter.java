package io.llmd.scheduler.plugin.filter;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;

/**
 * Keeps the endpoints that the header {@code test-epp-endpoint-selection} lists as {@code host} or {@code host:port}, with
 * commas between; nobody without the header. For conformance tests.
 */
final class HeaderBasedTestingFilter implements Filter {

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        String header = request.header(LlmdHeader.TEST_ENDPOINT_SELECTION.wireName());
        Set<String> wanted = header == null
                ? Set.of()
                : Stream.of(header.split(",", -1)).map(String::strip).collect(Collectors.toSet());
        return candidates.where(i -> isWanted(candidates.get(i).metadata(), wanted));
    }

    private static boolean isWanted(EndpointMetadata endpoint, Set<String> wanted) {
        return wanted.contains(endpoint.host()) || wanted.contains(endpoint.hostPort());
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "header-based-testing-filter";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public Filter create(String name, NoParams params) {
            return new HeaderBasedTestingFilter();
        }
    }
}
