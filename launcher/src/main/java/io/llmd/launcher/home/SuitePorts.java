package io.llmd.launcher.home;

import io.llmd.launcher.terminal.CommandFailure;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ports of a suite on one machine. All keep their distance from the gateway's.
 *
 * @param gateway port of the gateway, 8080 by default
 */
public record SuitePorts(int gateway) {

    /** Port of the gateway when nothing else is said. */
    public static final int DEFAULT_GATEWAY = 8080;

    /** Most simulated endpoints, so that their ports do not meet others. */
    public static final int MAX_ENDPOINTS = 64;

    /** Most gateways, so that their ports do not meet others. */
    public static final int MAX_GATEWAYS = 4;

    /** Ports of events begin 2,523 below the gateway's. */
    private static final int MIN_GATEWAY = 3_600;

    public SuitePorts {
        if (gateway < MIN_GATEWAY || gateway > 65535 - 1100) {
            throw CommandFailure.usage(
                    "--port-base: " + gateway + " (expected: " + MIN_GATEWAY + " to " + (65535 - 1100) + ")");
        }
    }

    /** Ports of a further gateway, counted from 1, and of its scheduler; what they share stays with the first. */
    public SuitePorts ofGateway(int number) {
        return number == 1 ? this : new SuitePorts(gateway + 100 * (number - 1));
    }

    /** Management port of the gateway. */
    public int gatewayManagement() {
        return shifted(9080);
    }

    /** The gateway as a sidecar; a trial does not start it. */
    public int sidecar() {
        return shifted(8000);
    }

    /** Management port of the sidecar. */
    public int sidecarManagement() {
        return shifted(9085);
    }

    /** The gateway as a coordinator; a trial does not start it. */
    public int coordinator() {
        return shifted(8088);
    }

    /** Management port of the coordinator. */
    public int coordinatorManagement() {
        return shifted(9086);
    }

    /** HTTP door of the scheduler. */
    public int scheduler() {
        return shifted(8081);
    }

    /** Management port of the scheduler. */
    public int schedulerManagement() {
        return shifted(9090);
    }

    /** KV index; a trial starts it when it is asked to. */
    public int kvIndex() {
        return shifted(8082);
    }

    /** Management port of the KV index. */
    public int kvIndexManagement() {
        return shifted(9082);
    }

    /** Autoscaler; a trial starts it when it is asked to. */
    public int autoscaler() {
        return shifted(8083);
    }

    /** Management port of the autoscaler. */
    public int autoscalerManagement() {
        return shifted(9084);
    }

    /** Config server. */
    public int configServer() {
        return shifted(8888);
    }

    /** Management port of the config server. */
    public int configServerManagement() {
        return shifted(9088);
    }

    /** Port of a simulated endpoint, counted from 1. */
    public int endpoint(int number) {
        return shifted(8200) + number - 1;
    }

    /** Port where a simulated endpoint, counted from 1, publishes its KV events. */
    public int endpointEvents(int number) {
        return shifted(5557) + number - 1;
    }

    /** Port where a simulated endpoint, counted from 1, repeats its KV events. */
    public int endpointEventReplay(int number) {
        return shifted(5557 + 2 * MAX_ENDPOINTS) + number - 1;
    }

    /** Every port by its use, in order of start. */
    public Map<String, Integer> all(int endpoints) {
        Map<String, Integer> ports = new LinkedHashMap<>();
        ports.put("config-server", configServer());
        ports.put("config-server management", configServerManagement());
        for (int number = 1; number <= endpoints; number++) {
            ports.put("sim-" + number, endpoint(number));
            ports.put("sim-" + number + " events", endpointEvents(number));
            ports.put("sim-" + number + " event replay", endpointEventReplay(number));
        }
        ports.put("scheduler", scheduler());
        ports.put("scheduler management", schedulerManagement());
        ports.put("gateway", gateway);
        ports.put("gateway management", gatewayManagement());
        return ports;
    }

    private int shifted(int port) {
        return port - DEFAULT_GATEWAY + gateway;
    }
}
