package io.llmd.simulator.config;

import io.llmd.simulator.engine.TransferModel;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Networks between endpoints, with what one GPU's interface was measured to carry. */
public enum TransferFabric {
    ROCE_100G("roce-100g", 12.1e9),
    ROCE_200G("roce-200g", 24e9),
    IB_400G("ib-400g", 49.5e9),
    NVLINK("nvlink", 200e9),
    TCP_UCX("tcp-ucx", 0.55e9),
    TCP_UCCL("tcp-uccl", 4.9e9);

    private final String optionName;
    private final double bytesPerSecond;

    TransferFabric(String optionName, double bytesPerSecond) {
        this.optionName = optionName;
        this.bytesPerSecond = bytesPerSecond;
    }

    TransferModel on(TransferModel model) {
        return new TransferModel(model.baseNanos(), model.descriptorNanos(), bytesPerSecond, model.handshakeNanos());
    }

    /** The network of that name. */
    public static Optional<TransferFabric> of(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(fabric -> fabric.optionName.equals(wanted))
                .findFirst();
    }

    /** The names of all. */
    public static String names() {
        return Arrays.stream(values()).map(fabric -> fabric.optionName).collect(Collectors.joining(", "));
    }
}
