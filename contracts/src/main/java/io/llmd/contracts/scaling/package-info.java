/** What scaling needs to know of requests, told over Kafka. */
@NullMarked
package io.llmd.contracts.scaling;

import org.jspecify.annotations.NullMarked;
