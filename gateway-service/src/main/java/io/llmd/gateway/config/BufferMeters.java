package io.llmd.gateway.config;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;

/** Memory of network buffers, which the JVM does not count: that of Netty's default allocator, and of the one that Reactor Netty takes. */
final class BufferMeters implements MeterBinder {

    @Override
    public void bindTo(MeterRegistry registry) {
        List.of(ByteBufAllocator.DEFAULT, PooledByteBufAllocator.DEFAULT).stream()
                .distinct()
                .filter(ByteBufAllocatorMetricProvider.class::isInstance)
                .forEach(allocator ->
                        new NettyAllocatorMetrics((ByteBufAllocatorMetricProvider) allocator).bindTo(registry));
    }
}
