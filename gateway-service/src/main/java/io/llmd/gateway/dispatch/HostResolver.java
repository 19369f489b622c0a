package io.llmd.gateway.dispatch;

import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * Turns hosts into addresses. Literal addresses need no look-up; names are looked up by the JDK on a virtual thread, so
 * that no event loop waits for DNS, and the JDK caches them.
 */
final class HostResolver {

    private HostResolver() {}

    static Future<InetSocketAddress> resolve(String host, int port, EventLoop loop) {
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        Promise<InetSocketAddress> address = loop.newPromise();
        if (literal == null) {
            Thread.ofVirtual().name("resolve-", 0).start(() -> lookUp(host, port, address));
            return address;
        }
        try {
            return address.setSuccess(new InetSocketAddress(InetAddress.getByAddress(literal), port));
        } catch (UnknownHostException e) {
            return address.setFailure(e);
        }
    }

    private static void lookUp(String host, int port, Promise<InetSocketAddress> address) {
        try {
            address.setSuccess(new InetSocketAddress(InetAddress.getByName(host), port));
        } catch (UnknownHostException e) {
            address.setFailure(e);
        }
    }
}
