package io.llmd.gateway.console;

/**
 * Who looks at the console.
 *
 * @param name id of the key, or {@code local} where no login is needed
 * @param isOperator whether things may be changed
 * @param token goes with each write, so that no other site can write in the visitor's name
 */
record Visitor(String name, boolean isOperator, String token) {

    @Override
    public String toString() {
        return "Visitor[name=" + name + ", isOperator=" + isOperator + "]";
    }
}
