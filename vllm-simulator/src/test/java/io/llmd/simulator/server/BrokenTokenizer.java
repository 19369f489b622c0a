package io.llmd.simulator.server;

import io.llmd.simulator.token.Tokenizer;
import io.llmd.simulator.token.WordTokenizer;
import java.lang.reflect.Proxy;

/** A tokenizer of which one method throws. */
final class BrokenTokenizer {
    private static final Tokenizer SOUND = new WordTokenizer();

    private BrokenTokenizer() {}

    static Tokenizer at(String method) {
        return (Tokenizer) Proxy.newProxyInstance(
                BrokenTokenizer.class.getClassLoader(),
                new Class<?>[] {Tokenizer.class},
                (proxy, called, arguments) -> {
                    if (called.getName().equals(method)) {
                        throw new IllegalStateException(method + " is broken");
                    }
                    return called.invoke(SOUND, arguments);
                });
    }
}
