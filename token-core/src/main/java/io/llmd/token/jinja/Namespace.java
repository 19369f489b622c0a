package io.llmd.token.jinja;

import java.util.Map;

/** An object whose attributes a template may set. */
record Namespace(Map<String, Object> attributes) {}
