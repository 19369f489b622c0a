package io.llmd.simulator.fault;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The faults that a request asks for itself: {@code X-Return-Error: 503}, and {@code X-Sim-Fault} with
 * {@code kind[=value][,parameter=value]}, several of them with semicolons between.
 */
final class FaultHeaders {
    static final String FAULT = "x-sim-fault";
    static final String RETURN_ERROR = "x-return-error";

    private FaultHeaders() {}

    static RequestFaults read(Call.Headers headers) {
        String error = headers.get(RETURN_ERROR);
        String faults = headers.get(FAULT);
        if (error == null && faults == null) {
            return RequestFaults.NONE;
        }
        List<RequestFault> read = new ArrayList<>();
        if (faults != null) {
            readInto(read, FAULT, faults);
        }
        if (error != null) {
            readInto(read, RETURN_ERROR, FaultKind.STATUS.wireName() + "=" + error.strip());
        }
        return RequestFaults.of(read);
    }

    private static void readInto(List<RequestFault> read, String header, String text) {
        try {
            for (String part : text.split(";", -1)) {
                if (!part.isBlank()) {
                    read.add(fault(part));
                }
            }
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(header + ": " + e.getMessage(), header);
        }
    }

    private static RequestFault fault(String text) {
        String[] parts = text.split(",", -1);
        String first = parts[0].strip();
        int equals = first.indexOf('=');
        FaultKind kind =
                FaultKind.of(equals < 0 ? first : first.substring(0, equals).strip());
        ObjectNode parameters = Json.object();
        if (equals >= 0) {
            if (kind.parameters().isEmpty()) {
                throw new IllegalArgumentException(first + " (expected: " + kind.wireName() + ")");
            }
            put(parameters, kind.parameters().getFirst(), first.substring(equals + 1));
        }
        for (int i = 1; i < parts.length; i++) {
            String[] parameter = parts[i].split("=", 2);
            if (parameter.length < 2) {
                throw new IllegalArgumentException(parts[i].strip() + " (expected: parameter=value)");
            }
            put(parameters, parameter[0].strip(), parameter[1]);
        }
        return InjectionFields.readFault(kind, parameters);
    }

    private static void put(ObjectNode parameters, String name, String value) {
        String text = value.strip();
        Integer number = number(text);
        if (number == null) {
            parameters.put(name, text);
        } else {
            parameters.put(name, number);
        }
    }

    private static @Nullable Integer number(String text) {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
