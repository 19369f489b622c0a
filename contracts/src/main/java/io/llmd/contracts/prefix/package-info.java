/** The conversation with the KV-cache index: which endpoint holds how much of a prompt, and how well the index knows it. */
@NullMarked
package io.llmd.contracts.prefix;

import org.jspecify.annotations.NullMarked;
