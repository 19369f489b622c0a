/** Bytes of the encodings that block hashes and KV events use. */
@NullMarked
package io.llmd.kv.wire;

import org.jspecify.annotations.NullMarked;
