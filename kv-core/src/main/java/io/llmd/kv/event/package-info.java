/** KV-cache events of a model server, and their bytes as vLLM writes them. */
@NullMarked
package io.llmd.kv.event;

import org.jspecify.annotations.NullMarked;
